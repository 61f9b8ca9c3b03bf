/** A reader of key files as GLib's gkeyfile.c reads them, line by line; undefined for a file that it refuses. */
export function readKeyFile(text: string): Map<string, Map<string, string>> | undefined {
  const groups = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  for (const whole of text.split('\n')) {
    let line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    while (/^[ \t\r\f]/.test(line)) line = line.slice(1);
    if (line.length === 0 || line[0] === '#') continue;
    if (line[0] === '[') {
      const close = line.indexOf(']');
      if (close < 2 || line.slice(close + 1).trim() !== '') return undefined;
      const name = line.slice(1, close);
      current = groups.get(name) ?? new Map();
      groups.set(name, current);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals < 1 || current === undefined) return undefined;
    const value = unescaped(line.slice(equals + 1).replace(/^[ \t\r\f]+/, ''));
    if (value === undefined) return undefined;
    current.set(line.slice(0, equals).trimEnd(), value);
  }
  return groups;
}

/** g_key_file_parse_value_as_string: any other escape is an error. */
function unescaped(raw: string): string | undefined {
  let value = '';
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw[at] ?? '';
    if (character !== '\\') {
      value += character;
      continue;
    }
    at += 1;
    const meaning = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' }[raw[at] ?? ''];
    if (meaning === undefined) return undefined;
    value += meaning;
  }
  return value;
}
