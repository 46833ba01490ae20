// What a multivariant playlist (RFC 8216 §4.3.4.2) offers. Renditions come and go while a session is live: they are
// made when there are viewers for them and left out when the server is short of time.

/** [{url, height, bitrate, sound}], best first; `sound`: there is no picture in it. */
export function renditionsOf(text, base) {
  const found = [];
  for (const [, attributes, uri] of text.matchAll(/^#EXT-X-STREAM-INF:(.*)\r?\n(?:#.*\r?\n)*([^#\r\n]+)/gm)) {
    const height = Number(/RESOLUTION=\d+x(\d+)/.exec(attributes)?.[1] ?? 0);
    const codecs = /CODECS="([^"]*)"/.exec(attributes)?.[1] ?? "";
    found.push({
      url: new URL(uri.trim(), base).href,
      height,
      bitrate: Number(/(?:^|,)BANDWIDTH=(\d+)/.exec(attributes)?.[1] ?? 0),
      sound: height === 0 && codecs !== "" && codecs.split(",").every((codec) => /^(mp4a|opus|fLaC|ac-3|ec-3)/i.test(codec.trim())),
    });
  }
  return sorted(found);
}

/** The same from what hls.js has read. */
export function renditionsFrom(levels) {
  return sorted(
    levels.map((one) => ({
      url: [one.url].flat()[0],
      height: one.height ?? 0,
      bitrate: one.bitrate ?? 0,
      sound: Boolean(one.audioCodec) && !one.videoCodec && !one.height,
    })),
  );
}

export function sameRenditions(some, others) {
  const names = (list) => list.map((one) => one.url).join(" ");
  return names(some) === names(others);
}

function sorted(renditions) {
  return renditions.toSorted((one, other) => other.height - one.height || other.bitrate - one.bitrate);
}
