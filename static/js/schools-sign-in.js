// A session that ended while somebody was marking: sign in on this very page, and everything goes on.

const PATH = "/api/sign-in";

/** `signedIn` is called once the same person is back; `renew` connects the page's live rooms anew. */
export function askSignIn({ account, words }, signedIn, renew) {
  const dialog = document.getElementById("sign-in-again");
  if (!dialog || dialog.open) return;
  const form = dialog.querySelector("form");
  const problem = dialog.querySelector("[data-problem]");
  const complain = (said) => {
    problem.querySelector("span").textContent = said;
    problem.hidden = !said;
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    complain("");
    const { login, password, code } = form.elements;
    let answer;
    try {
      const response = await fetch(PATH, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ login: login.value, password: password.value, code: code.value }),
      });
      answer = await response.json();
      if (!response.ok) {
        form.querySelector("[data-code]").hidden = false; // perhaps it is the second factor that is missing
        complain(answer.detail || answer.title);
        password.focus();
        return;
      }
    } catch {
      complain(words.needs_network);
      return;
    }
    password.value = code.value = "";
    if (answer.account_id !== account) {
      complain(words.other_person.replace("{name}", answer.name));
      return;
    }
    dialog.close();
    renew();
    signedIn();
  };
  complain("");
  dialog.showModal();
  (form.elements.login.value ? form.elements.password : form.elements.login).focus();
}
