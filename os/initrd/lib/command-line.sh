# What the kernel command line says about booting. It is split and unquoted as the kernel does it (next_arg in Linux,
# lib/cmdline.c) and read as opsctl reads all of it later (src/config/command-line/command-line.ts): the cases in
# test/config/command-line/cases.ts are put before both. Of a key that is repeated the last one counts that says
# something the key can take. Nothing of it is ever evaluated.

MODE='' FALLBACK='' STATE_UUID='' WANT_KERNEL='' WANT_OS='' WANT_DCP='' ROOT='' INSTALL_TTY='' SILENT='' ASKING='' ALWAYS=''
LIMIT=60 ARRAYS='' VOLUME=''
# Set by the boot menu: c when it has started a new deployment that is on trial, p for the one before it; and how many
# seconds such a boot has.
TRY='' TRY_LIMIT=600

# The arguments of the command line in the file $1, unquoted, one on each line: NAME or NAME=VALUE. What follows "--"
# is for init.
kernel_arguments() {
  LC_ALL=C awk '
    { text = text gap $0; gap = " " }
    END {
      size = length(text)
      for (i = 1; i <= size; i++) {
        if (index(" \t\v\f\r", substr(text, i, 1))) continue
        # A quote switches quoting on and off anywhere; it is taken away only around a whole argument or value.
        whole = quoted = substr(text, i, 1) == "\""
        last = i
        start = i += whole
        equals = 0
        for (; i <= size; i++) {
          c = substr(text, i, 1)
          if (!quoted && index(" \t\v\f\r", c)) break
          # In the first place it is part of the name.
          if (c == "=" && !equals && i > start) equals = i
          if (c == "\"") { quoted = !quoted; last = i }
        }
        inner = equals && substr(text, equals + 1, 1) == "\""
        # A quote that nothing closes has taken all that follows: opsctl says so, and the argument does not count. At
        # the end of a word it is the letter that GRUB has escaped.
        if (quoted && (substr(text, last - 1, 1) != "\\" || substr(text, last) ~ /[ \t\v\f\r]/)) break
        end = i
        if ((whole || inner) && i > start && substr(text, i - 1, 1) == "\"") end--
        if (equals) print substr(text, start, equals - start) "=" substr(text, equals + 1 + inner, end - equals - 1 - inner)
        else if (substr(text, start, end - start) == "--") exit
        else print substr(text, start, end - start)
      }
    }' < "$1"
}

# The text $1 without the escapes that carry it through boot loaders: \xHH for a byte, which GRUB may have made \\xHH,
# and its backslash before a quote or a backslash.
unescaped() {
  printf '%s\n' "$1" | LC_ALL=C awk '
    function hex(c) { return index("123456789abcdef", tolower(c)) }
    {
      while (i = index($0, "\\")) {
        printf "%s", substr($0, 1, i - 1)
        $0 = substr($0, i)
        if (match($0, /^\\\\?x[0-9a-fA-F][0-9a-fA-F]/)) {
          printf "%c", hex(substr($0, RLENGTH - 1, 1)) * 16 + hex(substr($0, RLENGTH, 1))
          $0 = substr($0, RLENGTH + 1)
        } else if (index("\"\047\\", substr($0, 2, 1)) && length($0) > 1) {
          printf "%s", substr($0, 2, 1)
          $0 = substr($0, 3)
        } else {
          printf "\\"
          $0 = substr($0, 2)
        }
      }
      print
    }'
}

read_command_line() { # of the file $1; sets the variables above
  while IFS= read -r argument; do
    # A mode that is none ends in the rescue shell, which shows it; of other values with an apostrophe opsctl tells.
    case $argument in bos.mode=*) ;; bos.*=\'*) continue ;; esac
    case $argument in bos.*=*\\*) argument=${argument%%=*}=$(unescaped "${argument#*=}") ;; esac
    value=${argument#*=}
    case $argument in
      bos.mode=?*) MODE=$value ;;
      bos.fallback_mode=?*) FALLBACK=$value ;;
      bos.state=*) STATE_UUID=$value ;;
      bos.state_wait=*) number=$LIMIT; read_number "$value"; LIMIT=$number ;;
      bos.md=*) ARRAYS=$value ;;
      bos.lv=*) VOLUME=$value ;;
      bos.kernel=*) WANT_KERNEL=$value ;;
      bos.os=*) WANT_OS=$value ;;
      bos.dcp=*) WANT_DCP=$value ;;
      bos.upgrade.try=[cpt]) TRY=$value ;;
      bos.upgrade.limit=*) number=$TRY_LIMIT; read_number "$value"; TRY_LIMIT=$number ;;
      bos.install.tty=*) INSTALL_TTY=$value ;;
      bos.install.silent|bos.install.silent=true) SILENT=1 ASKING='' ;;
      bos.install.silent=false) SILENT='' ASKING=1 ;;
      bos.install.always|bos.install.always=true) ALWAYS=1 ;;
      bos.install.always=false) ALWAYS='' ;;
      root=*) ROOT=$value ;;
    esac
  done <<ARGUMENTS
$(kernel_arguments "$1")
ARGUMENTS
}
read_number() { # of at most five digits; sets number. Zeros before it would make it octal
  case $1 in
    ''|*[!0-9]*|??????*) ;;
    *) number=${1#"${1%%[!0]*}"} number=${number:-0} ;;
  esac
}

# What identifies the unattended request on the command line in the file $1: its arguments bos.install.*, but for those
# that change nothing of what is installed; two ways to write a yes, or a no, are one. The installer keeps it in the
# environment block, and machines in use have it there: a change here makes them install again.
request_id() {
  # Of none at all, without the programs that it takes.
  grep -q 'bos\.install\.' "$1" || { echo e3b0c44298fc1c14; return; }
  kernel_arguments "$1" | tr -d '"' | grep '^bos\.install\.' |
    grep -Ev '^bos\.install\.(always|silent|debug|power_?off)(=|$)' |
    sed -e 's/=true$//' -e '/=false$/d' -e 's/^bos\.install\.efi$/bos.install.force_efi/' |
    sort -u | sha256sum | cut -c 1-16
}

# What identifies the request that the medium's own config.yaml $2 may make beside the arguments with the id $1. Only the
# installer reads YAML: it keeps this id where the file made the installation silent (src/install/medium/own-keys.ts). So
# nothing but an installation that came of these very bytes carries it.
file_request_id() {
  { echo "$1"; cat "$2"; } | sha256sum | cut -c 1-16
}
