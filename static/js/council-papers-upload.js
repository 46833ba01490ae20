// Sends a form with files while telling how far it is; without this script the browser sends it as it is.

for (const form of document.querySelectorAll("form[enctype='multipart/form-data']")) {
  const bar = form.querySelector("progress");
  const button = form.querySelector("button:not([type=button])");
  form.addEventListener("submit", (event) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((field) => [...field.files]);
    // small files are there before a bar could be read
    if (files.reduce((sum, file) => sum + file.size, 0) < 2_000_000) return;
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action || location.href);
    request.setRequestHeader("Accept", "text/html");
    button.disabled = true;
    bar.hidden = false;
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = sent.loaded / sent.total;
    });
    request.addEventListener("load", () => {
      if (request.status < 400 && request.responseURL) location.assign(request.responseURL);
      // what was wrong stands in the page that came back: asked once more, the old way, it is shown
      else form.submit();
    });
    request.addEventListener("error", () => {
      button.disabled = false;
      bar.hidden = true;
      document.dispatchEvent(new CustomEvent("gryf:say", { detail: { text: bar.dataset.broken, kind: "danger" } }));
    });
    request.send(new FormData(form));
  });
}
