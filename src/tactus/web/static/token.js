/** The token that some services ask for: kept for this tab only, and sent with every call. */

const PLACE = "tactus-token";

/** The headers that carry the token, where there is one. */
export function tokenHeaders() {
  const token = sessionStorage.getItem(PLACE);
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** How a WebSocket carries it, which can send no headers: as a subprotocol beside the service's own. */
export function tokenProtocols() {
  const token = sessionStorage.getItem(PLACE);
  return token ? ["tactus", `bearer.${token}`] : [];
}

/** A call was refused for want of a token: let the form for it appear. */
export function askForToken() {
  document.getElementById("token").hidden = false;
}

/** Make the form for the token work: the page starts anew with it. */
export function startToken(byId) {
  byId("token").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem(PLACE, byId("token-text").value.trim());
    window.location.reload();
  });
}
