// Calls the JSON API. A problem (RFC 9457) becomes an Error whose message is fit for people: it comes in their language.

export class Problem extends Error {
  constructor(status, body) {
    const fields = body?.fields ? Object.values(body.fields).join(" ") : "";
    super(fields || body?.detail || body?.title || String(status));
    this.status = status;
    this.body = body ?? {};
  }
}

export async function call(method, path, body) {
  const options = { method, headers: { Accept: "application/json" }, credentials: "same-origin" };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const response = await fetch(path, options);
  if (response.status === 204) return null;
  let answer = null;
  try {
    answer = await response.json();
  } catch {
    // a proxy's own error page: the status says what there is to say
  }
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}
