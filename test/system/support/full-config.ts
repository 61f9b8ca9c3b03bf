/**
 * A configuration with every key that needs no network, as the tests and the benchmark of the phases use it. Patches are on
 * hold: no timer of theirs asks anybody.
 */
export const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa phases';
export const clusterSecret = 'a-secret-of-the-cluster';
export const password = 'a-password';

export const fullConfig = `hostname: phases
ssh_authorized_keys: ["${publicKey}"]
write_files: [{ path: /etc/phases-file, content: written }]
bos:
  modules: [dummy]
  sysctls: { net.ipv4.ip_default_ttl: "77" }
  ntp_servers: [192.0.2.1]
  dns_nameservers: [192.0.2.2]
  network: [{ name: phases0, addresses: [192.0.2.7/24] }]
  wifi: [{ name: phaseswifi, passphrase: a-passphrase }]
  password: ${password}
  keymap: de-latin1
  ssh_password_login: false
  server_url: https://192.0.2.3:6443
  token: ${clusterSecret}
  labels: { region: phases }
  taints: ["phases=yes:NoSchedule"]
  dcp_args: [agent, --data-dir=/var/phases]
  environment: { phases_test: "yes" }
  patch:
    hold: true
    on_boot: true
    schedule: "30 2 * * *"
    time_zone: Europe/Berlin
    jitter: 45m
    window: "mon-sun 02:00-05:00"
    after: 2026-12-01T03:30:00Z
    reboot_if_required: true
    drain:
      timeout: 10m
      grace_period: 60
      delete_local_data: true
      ignore_daemon_sets: true
      force: true
      disable_eviction: false
      skip_wait_for_delete_timeout: 60
`;
