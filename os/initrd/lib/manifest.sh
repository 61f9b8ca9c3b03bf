# What the manifest of a medium or an installation lists. Needs nothing.

# Path and size of each file of the manifest $1, as this project writes it, one on each line.
listed_files() { tr -d ' ",' < "$1" | awk -F: '/^path:/{p=$2} /^size:/{print p, $2}'; }
