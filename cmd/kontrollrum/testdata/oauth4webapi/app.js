// An application at an origin of its own, with nothing but oauth4webapi. Tests
// call what stands on window; each gives JSON, or the name of what went wrong.
import * as oauth from "./oauth4webapi.js";

const plain = { [oauth.allowInsecureRequests]: true }; // http, on this machine
const none = oauth.None();
const redirect = location.origin + "/callback";
const kept = () => JSON.parse(sessionStorage.getItem("kept") || "{}");
const keep = (more) => sessionStorage.setItem("kept", JSON.stringify({ ...kept(), ...more }));
const client = () => ({ client_id: kept().client });

async function server() {
  const issuer = new URL(kept().issuer);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, plain));
}

const told = (f) => async (...args) => {
  try {
    return JSON.stringify(await f(...args) ?? {});
  } catch (e) {
    return JSON.stringify({ failed: e.error || e.code || e.name, message: e.message, status: e.status });
  }
};

window.begin = told(async (issuer, id, scope) => {
  const verifier = oauth.generateRandomCodeVerifier();
  sessionStorage.clear();
  keep({ issuer, client: id, verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() });
  const at = new URL((await server()).authorization_endpoint);
  at.search = new URLSearchParams({
    client_id: id, redirect_uri: redirect, response_type: "code", scope, state: kept().state, nonce: kept().nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  });
  location.assign(at);
});

window.finish = told(async () => {
  const as = await server();
  const params = oauth.validateAuthResponse(as, client(), new URL(location.href), kept().state);
  const response = await oauth.authorizationCodeGrantRequest(as, client(), none, params, redirect, kept().verifier, plain);
  const result = await oauth.processAuthorizationCodeResponse(as, client(), response, { expectedNonce: kept().nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, response, plain);
  const claims = oauth.getValidatedIdTokenClaims(result);
  keep({ access: result.access_token, refresh: result.refresh_token, id: result.id_token, sub: claims.sub });
  return { ...claims, access: result.access_token };
});

window.userinfo = told(async () => {
  const as = await server();
  return oauth.processUserInfoResponse(as, client(), kept().sub, await oauth.userInfoRequest(as, client(), kept().access, plain));
});

window.refresh = told(async (replay) => {
  const as = await server();
  const used = replay ? kept().replaced : kept().refresh;
  const result = await oauth.processRefreshTokenResponse(as, client(), await oauth.refreshTokenGrantRequest(as, client(), none, used, plain));
  keep({ access: result.access_token, refresh: result.refresh_token, replaced: used });
  return { rotated: result.refresh_token !== used, ...oauth.getValidatedIdTokenClaims(result) };
});

window.revoke = told(async () => {
  const as = await server();
  return oauth.processRevocationResponse(await oauth.revocationRequest(as, client(), none, kept().refresh, plain));
});

window.signOut = told(async () => {
  const at = new URL((await server()).end_session_endpoint);
  at.search = new URLSearchParams({ id_token_hint: kept().id, post_logout_redirect_uri: location.origin + "/bye" });
  location.assign(at);
});

document.documentElement.dataset.ready = "yes";
