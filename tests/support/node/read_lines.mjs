// Reads JSON texts from stdin, one a line, as clients made with Node do, and writes what it read, one a line.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(JSON.stringify(JSON.parse(line)) + "\n");
}
