// SPDX-License-Identifier: Apache-2.0
// Loaded before a Node.js server that would listen on every address of the machine: it listens on
// 127.0.0.1 only.
import net from "node:net";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (options, ...rest) {
  if (typeof options === "object" && options !== null && "port" in options) {
    return listen.call(this, { ...options, host: "127.0.0.1" }, ...rest);
  }
  return listen.call(this, options, ...rest);
};
