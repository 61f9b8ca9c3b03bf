/**
 * Names of k3OS and k3s inside of commands, files, labels and arguments. Only a person knows what they are to do in
 * another system: they are named, with what stands for them here, and not changed. Pure.
 */

export interface OldWord {
  readonly pattern: RegExp;
  /** What it is, without what surrounds it: that may be a secret. */
  readonly name: string;
  readonly advice: string;
}

export const oldWords: readonly OldWord[] = [
  {
    pattern: /\/k3os\/system\b/,
    name: '/k3os/system',
    advice: 'the files of the system are in /bos/system',
  },
  {
    pattern: /\/k3os\/data\b/,
    name: '/k3os/data',
    advice: 'the data of the state partition are in /home, /var and /opt',
  },
  {
    pattern: /\/var\/lib\/rancher\/k3os\b/,
    name: '/var/lib/rancher/k3os',
    advice: 'local configurations are in /var/lib/bhojpur/os',
  },
  {
    pattern: /\/etc\/rancher\/k3s\/k3s\.yaml\b/,
    name: '/etc/rancher/k3s/k3s.yaml',
    advice: 'the kubeconfig is /etc/bhojpur/dcp/dcp.yaml',
  },
  {
    pattern: /\/(?:etc|var\/lib)\/rancher\/(?!k3os\b|k3s\/k3s\.yaml\b)/,
    name: 'a folder of k3s',
    advice: 'look up where DCP has it',
  },
  {
    pattern: /\bk3os\.io\//,
    name: 'a label k3os.io/',
    advice: 'labels of this system begin with bhojpur.net/',
  },
  {
    pattern: /\bk3os\.[a-z_]+(?:\.[a-z_]+)*=/,
    name: 'an argument k3os.*= of the kernel',
    advice: 'arguments of this system begin with bos.',
  },
  {
    pattern: /(?:^|[\s;&|(/])k3os (?:config|install|upgrade)\b/m,
    name: 'the command k3os',
    advice: 'opsctl config and opsctl install do this here',
  },
  {
    pattern: /(?:^|[\s;&|(/])k3s (?=[a-z-])/m,
    name: 'the command k3s',
    advice: 'dcp is called instead',
  },
  {
    pattern: /\bk3s-service\b|\bk3s\.service\b|\/etc\/init\.d\/k3s\b/,
    name: 'the service of k3s',
    advice: 'it is dcp.service of systemd',
  },
  {
    pattern: /\brc-(?:service|update|status)\b|\/etc\/(?:init|conf)\.d\/|\bopenrc\b/,
    name: 'OpenRC',
    advice: 'services are those of systemd here: systemctl',
  },
  {
    pattern: /\bapk (?:add|del|update|upgrade)\b/,
    name: 'apk',
    advice: 'there is no package manager at run time',
  },
  {
    pattern: /\bK3S_[A-Z_]+\b/,
    name: 'a variable K3S_*',
    advice: 'bos.server_url, bos.token and bos.dcp_args say the same',
  },
];
