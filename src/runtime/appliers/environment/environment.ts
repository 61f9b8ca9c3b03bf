/**
 * bos.environment: variables for logins and services, by way of /etc/environment. A service gets them when it starts;
 * one that runs already keeps what it has.
 */
import { jointApplier, throwAll } from '../applier.ts';
import { checkEnvironment, withVariables } from './environment-file.ts';

export const environmentApplier = jointApplier({
  name: 'bos.environment',
  keys: ['bos.environment'],
  // Variables that are no longer in the configuration go.
  always: true,
  run: async ({ host, config, path }) => {
    const { variables, faults } = checkEnvironment(config['bos.environment'] ?? {});
    const file = path('/etc/environment');
    const before = (await host.files.exists(file)) ? await host.files.readText(file) : '';
    const text = withVariables(before, variables);
    // The URL of a proxy has its password in it. PAM and systemd read the file as root.
    const mode = Object.keys(variables).length > 0 ? 0o600 : 0o644;
    const isOpen = mode === 0o600 && (await host.files.stat(file))?.mode !== mode;
    if (text !== before || isOpen) await host.files.writeAtomic(file, text, { mode });
    throwAll(faults);
  },
});
