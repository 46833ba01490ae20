// The peer `ws`: every line on the publishing port goes to every socket, as its README shows a broadcast.
// node fanout_ws.js FOLDER_OF_PACKAGES PORT PUBLISH_PORT
const [folder, port, publishPort] = process.argv.slice(2);
const { WebSocketServer, WebSocket } = require(`${folder}/node_modules/ws`);
const net = require("node:net");

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(port), backlog: 2048, perMessageDeflate: false });

net
  .createServer((feed) => {
    let rest = "";
    feed.setNoDelay(true);
    feed.on("data", (data) => {
      const lines = (rest + data).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const message = Buffer.from(line);
        for (const client of server.clients) {
          if (client.readyState === WebSocket.OPEN) client.send(message, { binary: false });
        }
      }
    });
  })
  .listen(Number(publishPort), "127.0.0.1");
