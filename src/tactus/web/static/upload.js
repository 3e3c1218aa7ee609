/** Sending a song to be analysed: a file with its progress, or an address. */

import { Refusal, UNREACHABLE, refusalFrom } from "./problems.js";
import { tokenHeaders } from "./token.js";

/**
 * Ask for the analysis of a file or of an address.
 *
 * XMLHttpRequest, because fetch does not report upload progress.
 *
 * @param {File|string} song
 * @param {(sent: number) => void} onSent gets the share of the file that has been sent, in [0, 1]
 * @param {AbortSignal} signal
 * @returns {Promise<{analysis: object, text: string}>} the analysis, and the very text of the answer
 */
export function analyse(song, onSent, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onSent(event.loaded / event.total));
    request.upload.addEventListener("load", () => onSent(1));
    request.addEventListener("error", () => reject(new Refusal(UNREACHABLE)));
    request.addEventListener("abort", () => reject(signal.reason));
    request.addEventListener("load", () => {
      if (request.status !== 200) return reject(refusalFrom(request.status, request.responseText));
      try {
        resolve({ analysis: JSON.parse(request.responseText), text: request.responseText });
      } catch {
        reject(new Refusal("The service's answer broke off. Please try again."));
      }
    });
    signal.addEventListener("abort", () => request.abort(), { once: true });

    if (typeof song === "string") {
      open("/analyze", { "Content-Type": "application/json" });
      request.send(JSON.stringify({ file_url: song }));
    } else {
      const form = new FormData();
      form.append("file", song);
      open("/analyze-upload", {});
      request.send(form);
    }

    function open(path, headers) {
      request.open("POST", path);
      for (const [name, value] of Object.entries({ ...headers, ...tokenHeaders() })) request.setRequestHeader(name, value);
    }
  });
}
