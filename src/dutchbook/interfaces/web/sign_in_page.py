"""The page on which people sign in: plain HTML, one form, no script."""

from html import escape

from starlette.responses import HTMLResponse

PATH = "/sign-in"

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #14181f; --line: #c3c9d2; --act: #1f55c4; --bad: #a3161f; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181f; --ink: #e8ebf0; --line: #485262; --act: #7ea6ff; --bad: #ff9aa0; }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
       font: 16px/1.5 system-ui, sans-serif; }
main { width: min(22rem, calc(100vw - 2rem)); }
h1 { font-size: 1.25rem; margin: 0 0 1rem; }
label { display: block; margin-top: .75rem; font-size: .875rem; }
input { width: 100%; box-sizing: border-box; margin-top: .25rem; padding: .5rem; font: inherit; color: inherit;
        background: transparent; border: 1px solid var(--line); border-radius: .375rem; }
button { width: 100%; margin-top: 1.25rem; padding: .6rem; font: inherit; font-weight: 600; cursor: pointer;
         color: var(--paper); background: var(--act); border: 0; border-radius: .375rem; }
input:focus-visible, button:focus-visible, a:focus-visible, summary:focus-visible { outline: 3px solid var(--act);
         outline-offset: 2px; }
details { margin-top: 1.25rem; } summary { cursor: pointer; font-size: .875rem; }
.mode { margin-left: .5rem; padding: .15rem .6rem; border: 1px solid currentColor; border-radius: 1rem;
        font-size: .75rem; font-weight: 600; letter-spacing: .04em; vertical-align: middle; }
.mode.live { color: var(--paper); background: var(--bad); border-color: var(--bad); }
p, li { font-size: .875rem; } .bad { color: var(--bad); font-weight: 600; } a { color: var(--act); }
"""
_USER_FORM = """
<form method="post" action="/sign-in">
<label>User<input name="user" autocomplete="username" required autofocus></label>
<label>Password<input name="password" type="password" autocomplete="current-password" required></label>
<label>One-time code, if you set up a second factor
<input name="one_time_code" inputmode="numeric" autocomplete="one-time-code"></label>
<button>Sign in</button>
</form>
"""
_CODE_FORM = """
<details><summary>No user yet? Sign in with a code</summary>
<p>On the desk's machine, <code>dutchbook users code</code> prints one. It is good once, for ten minutes.</p>
<form method="post" action="/sign-in">
<label>Sign-in code<input name="sign_in_code" autocomplete="off" required></label>
<button>Sign in with the code</button>
</form></details>
"""
_OUT_FORM = """
<p>You are signed in.</p>
<form method="post" action="/sign-in"><input type="hidden" name="out" value="1"><button>Sign out</button></form>
"""


def sign_in_page(*, mode: str, wrong: str, known: bool, status: int = 200) -> HTMLResponse:
    """The page. `wrong` says why the last try failed; who is `known` may sign out."""
    badge = escape(mode.upper())
    said = f'<p class="bad" role="alert">{escape(wrong)}</p>' if wrong else ""
    forms = _OUT_FORM if known else _USER_FORM + _CODE_FORM
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Sign in · {badge} · dutchbook</title><style>{_STYLE}</style></head>"
        f'<body><main><h1>dutchbook <span class="mode {escape(mode)}">{badge}</span></h1>{said}{forms}'
        '<p><a href="/">Back to the desk</a></p></main></body></html>',
        status,
        {"Cache-Control": "no-store"},
    )
