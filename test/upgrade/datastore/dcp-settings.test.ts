/** What DCP reads its settings from, and which of them counts. */
import test from 'ava';
import { type DcpSources, dcpSetting } from '../../../src/upgrade/datastore/dcp-settings.ts';

const none: DcpSources = { args: [], env: {} };

test('each way to write an option', (t) => {
  for (const args of [
    ['server', '--data-dir', '/data'],
    ['server', '--data-dir=/data'],
    ['--disable', 'traefik', '-d', '/data'],
    ['-d=/data'],
    ['-data-dir', '/data'],
    ['--data-dir', '/old', '--data-dir', '/data'],
  ])
    t.is(dcpSetting('dataDir', { ...none, args }), '/data', args.join(' '));
  t.is(dcpSetting('dataDir', { ...none, args: ['--data-dir'] }), undefined);
  t.is(dcpSetting('dataDir', { ...none, args: ['--data-dir='] }), undefined);
  t.is(dcpSetting('dataDir', { ...none, args: ['--data-dirs', '/data'] }), undefined);
});

test('a switch has no value of its own', (t) => {
  t.is(dcpSetting('clusterInit', { ...none, args: ['--cluster-init', '--debug'] }), 'true');
  t.is(dcpSetting('clusterInit', { ...none, args: ['--cluster-init=false'] }), 'false');
  t.is(dcpSetting('clusterInit', { ...none, files: [{ 'cluster-init': true }] }), 'true');
  t.is(dcpSetting('clusterInit', none), undefined);
});

test('arguments before the environment, that before files, of which the last counts', (t) => {
  const files = [{ 'data-dir': '/first' }, { 'data-dir': '/last' }, { other: 1 }];
  const env = { K3S_DATA_DIR: '/k3s', DCP_DATA_DIR: '/dcp' };
  t.is(dcpSetting('dataDir', { args: ['--data-dir=/argument'], env, files }), '/argument');
  t.is(dcpSetting('dataDir', { args: [], env, files }), '/dcp');
  t.is(dcpSetting('dataDir', { args: [], env: { K3S_DATA_DIR: '/k3s' }, files }), '/k3s');
  t.is(dcpSetting('dataDir', { args: [], env: {}, files }), '/last');
  t.is(dcpSetting('dataDir', { args: [], env: {}, files: [{ 'data-dir': 7 }] }), undefined);
});

test('what says that others have the datastore too', (t) => {
  t.is(dcpSetting('endpoint', { ...none, env: { K3S_DATASTORE_ENDPOINT: 'mysql://x' } }), 'mysql://x');
  t.is(dcpSetting('server', { ...none, env: { DCP_URL: 'https://a:6443' } }), 'https://a:6443');
  t.is(dcpSetting('server', { ...none, args: ['server', '-s', 'https://a:6443'] }), 'https://a:6443');
  t.is(dcpSetting('server', { ...none, args: ['server'] }), undefined);
});
