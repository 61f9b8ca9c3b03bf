/** Addresses: what they lead to, and what of them may be logged. */
import test from 'ava';
import { routeOf, shownTarget } from '../../../src/serve/http/route.ts';

const token = 'abcdefghijklmnop';

test('what there is', (t) => {
  t.deepEqual(routeOf('/'), { kind: 'index' });
  t.deepEqual(routeOf('/machines.json?x=1'), { kind: 'machines' });
  t.deepEqual(routeOf('/metrics'), { kind: 'metrics' });
  t.deepEqual(routeOf('/iso/node1.iso'), { kind: 'iso', name: 'node1', token: undefined });
  t.deepEqual(routeOf('/iso/n%6fde1.iso'), { kind: 'iso', name: 'node1', token: undefined });
  t.deepEqual(routeOf('http://host:80/iso/a.b-c_d.iso.sha256'), {
    kind: 'digest',
    name: 'a.b-c_d',
    token: undefined,
  });
  t.deepEqual(routeOf(`/t/${token}/iso/node1.iso`), { kind: 'iso', name: 'node1', token });
  t.deepEqual(routeOf('/image/node1.img'), { kind: 'image', name: 'node1', token: undefined });
  t.deepEqual(routeOf(`/t/${token}/image/node1.img.sha256`), { kind: 'image-digest', name: 'node1', token });
});

test('nothing leads anywhere else', (t) => {
  const targets = [
    ...['/iso/../etc/passwd', '/iso/..%2fsecret.iso', '/iso/%2e%2e/a.iso', '/iso/a%00.iso', '/iso/.iso'],
    ...['/iso/..iso', '/iso/...iso', '/iso/a/b.iso', '/iso/.hidden.iso', '/iso/a..b.iso', '//iso/a.iso'],
    ...['/ISO/a.iso', '/iso/a.ISO', '/iso/a.iso/', '/iso/a', '/t//iso/a.iso', '/iso/%.iso', '/iso/%ff.iso'],
    ...['*', '/iso/ä.iso', `/iso/${'a'.repeat(64)}.iso`, '/iso/a\\b.iso', '/iso/a%5cb.iso', '/iso/-a.iso'],
    ...['/iso%2fa.iso', `/t%2F${token}/iso/a.iso`, `/t/${token}%2fiso/a.iso`, '/pxe%2fa/boot.ipxe'],
    ...['/image/a.iso', '/iso/a.img', '/image/../a.img', '/image/a..b.img', '/image/', '/image/a.img/b'],
  ];
  for (const target of targets) t.is(routeOf(target), undefined, target);
});

test('a token is not logged, however the address is written', (t) => {
  for (const start of ['', 'http://host']) {
    t.is(shownTarget(`${start}/t/${token}/iso/node1.iso?again=${token}`), '/t/…/iso/node1.iso');
    const ways = [
      '/t/',
      '//t//',
      '/T/',
      '/%74/',
      '/t//',
      '/t%2f',
      '/%74%2F',
      '/./t/',
      '/../t/',
      '/%2e%2e/t/',
      '/t/./',
    ];
    for (const way of [...ways, '/%2ft/', '\\t\\', '/t%5c', '/t/../'])
      t.false(shownTarget(`${start}${way}${token}/iso/a.iso`).includes(token), way);
  }
  for (const whole of ['/iso/t.iso', '/pxe/t/boot.ipxe', '/iso/a.iso', '/tea/x', '/report/t', '/'])
    t.is(shownTarget(whole), whole);
  t.is(shownTarget(`/t%2f${token}%2fiso/a.iso`), '/t%2f…%2fiso/a.iso');
  t.is(shownTarget(`/${'x'.repeat(5000)}`).length, 200);
});
