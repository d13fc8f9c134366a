// A gRPC client that a test drives: JSON lines in (the first says where to connect), JSON lines out.
//   in:  {"id":1,"method":"IsActive","request":{…},"deadline":200}   {"id":1,"cancel":true}
//   out: {"id":1,"data":{…}} for each message, then {"id":1,"code":0,"details":"…"}
'use strict';
const readline = require('readline');

const calls = new Map();
let client;

function connect({ modules, proto, address, ca, key, cert, options }) {
  const grpc = require(`${modules}/node_modules/@grpc/grpc-js`);
  const loader = require(`${modules}/node_modules/@grpc/proto-loader`);
  const contract = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, longs: String, defaults: true }));
  const bytes = text => text ? Buffer.from(text) : null;
  const credentials = ca ? grpc.credentials.createSsl(bytes(ca), bytes(key), bytes(cert)) : grpc.credentials.createInsecure();
  client = new contract.externalscaler.ExternalScaler(address, credentials, options);
}

function say(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

function call({ id, method, request, deadline }) {
  const options = deadline ? { deadline: Date.now() + deadline } : {};
  if (method.startsWith('Stream')) {
    const stream = client[method](request, options);
    calls.set(id, stream);
    stream.on('data', data => say({ id, data }));
    // An error comes as a status too.
    stream.on('error', () => {});
    stream.on('status', ({ code, details }) => say({ id, code, details }));
    return;
  }

  calls.set(id, client[method](request, options, (error, data) => {
    if (data) say({ id, data });
    say({ id, code: error ? error.code : 0, details: error ? error.details : '' });
  }));
}

readline.createInterface({ input: process.stdin })
  .on('line', line => {
    const order = JSON.parse(line);
    if (!client) connect(order);
    else if (order.cancel) calls.get(order.id).cancel();
    else call(order);
  })
  .on('close', () => process.exit(0));
