/** Where the datastore of DCP is found, and when it is not this node's alone. */
import test from 'ava';
import type { Config } from '../../../src/config/config.ts';
import { findDatastore, onSameFileSystem } from '../../../src/upgrade/datastore/datastore.ts';
import { folderSize } from '../../../src/upgrade/datastore/folder-size.ts';
import { fakeHost } from '../../fakes/host.ts';

const db = (data = '/var/lib/bhojpur/dcp') => ({ [`${data}/server/db/state.db`]: 'rows' });
const local = (data: string) => ({
  ...{ kind: 'local', path: `${data}/server/db`, folder: `${data}/server/bos-datastore` },
});
const find = (files: Record<string, string>, config: Config = {}, root = '/') =>
  findDatastore(fakeHost({ files }), root, config);

test('in the folder of DCP, or in that of a build that was not renamed', async (t) => {
  t.deepEqual(await find(db()), local('/var/lib/bhojpur/dcp'));
  t.deepEqual(await find(db('/var/lib/rancher/k3s')), local('/var/lib/rancher/k3s'));
  t.is(await find({ '/var/lib/x': '' }), undefined);
  t.deepEqual(await find(db('/host/var/lib/bhojpur/dcp'), {}, '/host'), local('/host/var/lib/bhojpur/dcp'));
});

test('where the configuration says, in each of its ways', async (t) => {
  const config = '/etc/bhojpur/dcp/config.yaml';
  const expected = local('/data');
  t.deepEqual(await find(db('/data'), { 'bos.dcp_args': ['server', '--data-dir=/data'] }), expected);
  t.deepEqual(await find(db('/data'), { 'bos.environment': { K3S_DATA_DIR: '/data' } }), expected);
  t.deepEqual(await find({ ...db('/data'), [config]: 'data-dir: /data\n' }), expected);
  t.deepEqual(await find({ ...db('/data'), [`${config}.d/a.yaml`]: 'data-dir: /data\n' }), expected);
  t.deepEqual(
    await find({ ...db('/data'), '/my.yaml': 'data-dir: /data\n' }, { 'bos.dcp_args': ['-c', '/my.yaml'] }),
    expected,
  );
  // Not the one that is there by chance.
  t.is(await find(db(), { 'bos.dcp_args': ['server', '--data-dir=/data'] }), undefined);
  t.deepEqual(await find({ ...db(), [config]: '\tno: [YAML' }), local('/var/lib/bhojpur/dcp'));
});

test('none on an agent, and none where it is somewhere else', async (t) => {
  t.is(await find(db(), { 'bos.server_url': 'https://a:6443' }), undefined);
  t.is(await find(db(), { 'bos.dcp_args': ['agent'] }), undefined);
  const endpoint = 'mysql://u:p@tcp(h)/d';
  t.is(await find(db(), { 'bos.dcp_args': ['server', `--datastore-endpoint=${endpoint}`] }), undefined);
  t.is(await find(db(), { 'bos.environment': { K3S_DATASTORE_ENDPOINT: endpoint } }), undefined);
  t.is(
    await find({ ...db(), '/etc/rancher/k3s/config.yaml': `datastore-endpoint: ${endpoint}\n` }),
    undefined,
  );
});

test('an etcd may be that of several servers: never kept', async (t) => {
  const path = '/var/lib/bhojpur/dcp/server/db';
  const cluster = { kind: 'unkept', path, why: 'cluster' };
  t.deepEqual(await find({ [`${path}/etcd/member/snap/db`]: '' }), cluster);
  t.deepEqual(await find(db(), { 'bos.dcp_args': ['server', '--cluster-init'] }), cluster);
  t.deepEqual(await find(db(), { 'bos.server_url': 'https://a:6443', 'bos.dcp_args': ['server'] }), cluster);
  t.deepEqual(await find(db(), { 'bos.dcp_args': ['server', '--server', 'https://a:6443'] }), cluster);
  t.like(await find(db(), { 'bos.dcp_args': ['server', '--cluster-init=false'] }), { kind: 'local' });
});

test('a link is followed; what is mounted there cannot be renamed', async (t) => {
  const path = '/var/lib/bhojpur/dcp/server/db';
  const host = fakeHost({ files: { '/disk/db/state.db': '', '/var/lib/bhojpur/dcp/server/token': '' } });
  await host.files.symlink('/disk/db', path);
  t.deepEqual(await findDatastore(host, '/', {}), {
    ...{ kind: 'local', path: '/disk/db', folder: '/disk/bos-datastore' },
  });
  const mountinfo = `30 1 8:16 / ${path} rw - ext4 /dev/sdb rw\n`;
  t.deepEqual(await find({ ...db(), '/proc/self/mountinfo': mountinfo }), {
    ...{ kind: 'unkept', path, why: 'mount' },
  });
});

test('a datastore of which a power cut has left only what is kept', async (t) => {
  t.deepEqual(
    await find({ '/var/lib/bhojpur/dcp/server/bos-datastore/record.json': '{}' }),
    local('/var/lib/bhojpur/dcp'),
  );
});

test('file systems are told apart by their number; without a list they count as one', async (t) => {
  const mountinfo = [
    '30 1 8:3 / /run/bos/state rw - ext4 /dev/sda3 rw',
    '31 1 8:3 /bos/data/var /var rw - ext4 /dev/sda3 rw',
    '32 1 8:16 / /data rw - ext4 /dev/sdb rw',
  ].join('\n');
  const { files } = fakeHost({ files: { '/proc/self/mountinfo': mountinfo } });
  t.true(await onSameFileSystem(files, '/run/bos/state', '/var/lib/x'));
  t.false(await onSameFileSystem(files, '/run/bos/state', '/data/x'));
  t.true(await onSameFileSystem(fakeHost().files, '/run/bos/state', '/data/x'));
});

test('a size counts whole blocks of files and folders', async (t) => {
  const { files } = fakeHost({ files: { '/a/one': 'x'.repeat(4097), '/a/b/two': 'x', '/a/b/empty': '' } });
  t.is(await folderSize(files, '/a'), 4096 * (1 + 2 + 1 + 1));
  t.is(await folderSize(files, '/nothing'), 0);
});
