// admission.mjs POLICY.yaml MANIFEST.yaml... - evaluates the expressions of a ValidatingAdmissionPolicy: it must let the Pods
// of the manifests in, and refuse each wrong Pod below. With the npm packages js-yaml and @bufbuild/cel (an implementation
// of CEL that is not the API server's), in K8S_NODE_MODULES.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
const require = createRequire(process.env.K8S_NODE_MODULES + '/x.js');
const yaml = require('js-yaml');
const { run } = await import(pathToFileURL(require.resolve('@bufbuild/cel')));

// CEL's maps, lists and whole numbers.
const toCel = v => Array.isArray(v) ? v.map(toCel)
  : v && typeof v === 'object' ? new Map(Object.entries(v).map(([k, x]) => [k, toCel(x)]))
  : typeof v === 'number' ? BigInt(v) : v;

const [policyFile, ...manifests] = process.argv.slice(2);
const documents = file => yaml.loadAll(readFileSync(file, 'utf8')).filter(Boolean);
const policy = documents(policyFile).find(d => d.kind === 'ValidatingAdmissionPolicy').spec;

function messagesAbout(pod) {
  const object = toCel(pod), variables = new Map();
  for (const { name, expression } of policy.variables) {
    const value = run(expression, { object, variables });
    if (value instanceof Error) throw value;
    variables.set(name, value);
  }
  return policy.validations.filter(({ expression }) => run(expression, { object, variables }) !== true).map(v => v.message);
}

const pods = manifests.flatMap(documents).filter(d => d.kind === 'Deployment').map(d => d.spec.template)
  .filter(p => p.metadata.labels['gate-sidecar/required'] === 'true');
let bad = 0;
const expect = (what, holds) => { if (!holds) { bad++; console.error(`does not hold: ${what}`); } };

expect('there are Pods to look at', pods.length >= 3);
for (const pod of pods) expect(`an example is let in: ${messagesAbout(pod)}`, messagesAbout(pod).length === 0);

const wrong = {
  'no sidecar': pod => { delete pod.spec.initContainers; pod.spec.containers = pod.spec.containers.filter(c => c.name !== 'gate-sidecar'); },
  'an init container that ends': pod => sidecars(pod).forEach(c => { delete c.restartPolicy; c.name = 'gate-sidecar'; pod.spec.initContainers = [c];
    pod.spec.containers = pod.spec.containers.filter(x => x.name !== 'gate-sidecar'); }),
  'another image': pod => sidecars(pod).forEach(c => { c.image = 'nginx:1.27'; }),
  'an image whose name begins alike': pod => sidecars(pod).forEach(c => { c.image = 'evil/gate-sidecar-not:1'; }),
  "the API takes the Service's port by number": pod => { app(pod).ports = [{ containerPort: 8080 }]; },
  "the API takes the Service's port by name": pod => { app(pod).ports = [{ containerPort: 3000, name: 'http' }]; },
  'the API has a port of the node': pod => { app(pod).ports = [{ containerPort: 3000, hostPort: 3000 }]; },
  "an init container takes the Service's port": pod => {
    (pod.spec.initContainers ??= []).push({ name: 'other', image: 'a:1', restartPolicy: 'Always', ports: [{ containerPort: 8080 }] }); },
  "the node's network": pod => { pod.spec.hostNetwork = true; },
};
const sidecars = pod => [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter(c => c.name === 'gate-sidecar');
const app = pod => pod.spec.containers.find(c => c.name !== 'gate-sidecar');
for (const [what, change] of Object.entries(wrong)) {
  for (const each of pods) {
    const pod = structuredClone(each);
    change(pod);
    expect(`refused: ${what}`, messagesAbout(pod).length > 0);
  }
}
// What is harmless stays allowed.
const harmless = structuredClone(pods[0]);
app(harmless).ports = [{ containerPort: 3000, name: 'api' }];
harmless.spec.initContainers.push({ name: 'migrate', image: 'a:1' });
expect('a port of its own, and an init container that ends, are allowed', messagesAbout(harmless).length === 0);
console.error(`${pods.length} Pods let in, ${Object.keys(wrong).length} wrong ones each refused, ${bad} errors`);
process.exit(bad ? 1 : 0);
