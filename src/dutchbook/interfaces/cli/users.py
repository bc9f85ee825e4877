"""dutchbook users: who may act through the dashboard and its API."""

from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.asking import ask_secret
from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import NOBODY, iso
from dutchbook.storage.roles import Role

if TYPE_CHECKING:
    from dutchbook.domain.units import Nanos
    from dutchbook.storage.users_file import User, UsersFile

COMMANDS = group(help="Who may act through the dashboard and its API.")
As = Annotated[Role, typer.Option("--role", help="What they may do.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]

_CODE_LASTS_S = 600


@COMMANDS.command("list", epilog="Example: dutchbook users list")
def list_users(ctx: typer.Context, json: Json = False) -> None:
    """Users and keys: their roles, never their secrets."""
    found = _file(ctx).read()
    users = [
        {"name": user.name, "role": user.role, "second_factor": bool(user.second), "made": iso(user.made)}
        for user in found.users.values()
    ]
    keys = [
        {"id": key.id, "name": key.name, "role": key.role, "live": key.live, "made": iso(key.made)}
        for key in found.keys.values()
    ]
    if json:
        print_json({"users": users, "keys": keys})
        return
    people = ((u.name, u.role, "yes" if u.second else "no", iso(u.made) or NOBODY) for u in found.users.values())
    show(table("Users", ("name", "role", "second factor", "since"), people, empty="none: dutchbook users add NAME"))
    programs = ((k.id, k.name, k.role, "yes" if k.live else "no", iso(k.made) or NOBODY) for k in found.keys.values())
    show(table("Keys", ("id", "name", "role", "real money", "since"), programs, empty="none: dutchbook users key NAME"))


@COMMANDS.command("add", epilog="Example: dutchbook users add ann --role operator")
def add(ctx: typer.Context, name: Name, role: As = Role.OPERATOR) -> None:
    """Add a user, or give one another password or role. The password is asked for."""
    from dutchbook.domain.errors import UsageError
    from dutchbook.interfaces.web.passwords import SHORTEST, hashed
    from dutchbook.storage.users_file import User

    if not name.isprintable() or not 0 < len(name) <= 60 or name.strip() != name:
        raise UsageError(f"{name!r} is no name - use letters that can be printed, at most 60")
    password = ask_secret(f"password for {name}").reveal()
    if len(password) < SHORTEST:
        raise UsageError(f"a password of {len(password)} letters can be guessed - take {SHORTEST} at least")
    if ask_secret("the same again").reveal() != password:
        raise UsageError("the two differ - nothing was changed, try again")
    file = _file(ctx)
    there = file.read().users.get(name)
    second = there.second if there is not None else ""
    was = {} if there is None else {"was": str(there.role)}
    now = _on_record(ctx, "change user" if was else "add user", name=name, role=role, **was)
    file.put_user(User(name=name, role=role, password=hashed(password), made=now, second=second))
    show(f"{name} may sign in as {role}")


@COMMANDS.command("remove", epilog="Example: dutchbook users remove ann")
def remove(ctx: typer.Context, name: Annotated[str, typer.Argument(help="A user's name, or the id of a key.")]) -> None:
    """Remove a user or a key. Whoever is signed in by it is out at once."""
    file = _file(ctx)
    found = file.read().keys.get(name)
    if found is not None:
        _on_record(ctx, "remove key", key=name, name=found.name, role=found.role)
        file.remove_key(name)
    else:
        _on_record(ctx, "remove user", name=name, role=_user(file, name).role)
        file.remove_user(name)
    show(f"{name} is gone")


@COMMANDS.command("key", epilog="Example: dutchbook users key grafana --role viewer")
def key(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    role: As = Role.VIEWER,
    live: Annotated[bool, typer.Option("--live", help="It may act on real money too.")] = False,
    json: Json = False,
) -> None:
    """Make a key for a program, which sends it as X-API-Key. It is shown once."""
    from dutchbook.interfaces.web.passwords import hashed, new_key
    from dutchbook.storage.users_file import ApiKey

    whole, id_, secret = new_key()
    now = _on_record(ctx, "make key", key=id_, name=name, role=role, real_money="yes" if live else "no")
    _file(ctx).put_key(ApiKey(id=id_, name=name, role=role, secret=hashed(secret), made=now, live=live))
    if json:
        print_json({"id": id_, "key": whole, "role": role})
    else:
        show(whole, f"a key of {name} for the role {role}; it is not shown again")


@COMMANDS.command("code", epilog="Example: dutchbook users code")
def code(ctx: typer.Context, role: As = Role.OPERATOR, json: Json = False) -> None:
    """Print a code that signs in once, within ten minutes: for whoever sits at this machine."""
    from dutchbook.domain.units import SECOND, Nanos
    from dutchbook.interfaces.web.passwords import hashed, new_key
    from dutchbook.storage.users_file import SignInCode

    _, id_, secret = new_key()
    now = _on_record(ctx, "make sign-in code", code=id_, role=role)
    made = SignInCode(id=id_, role=role, secret=hashed(secret), until=Nanos(now + _CODE_LASTS_S * SECOND))
    _file(ctx).put_code(made, now)
    if json:
        print_json({"code": f"{id_}-{secret}", "role": role, "until": iso(made.until)})
    else:
        show(f"{id_}-{secret}", f"signs in once as {role}, within ten minutes, on the page /sign-in of the dashboard")


@COMMANDS.command("second", epilog="Example: dutchbook users second ann")
def second(
    ctx: typer.Context,
    name: Name,
    off: Annotated[bool, typer.Option("--off", help="Take it away.")] = False,
) -> None:
    """Set up a second factor for a user: one-time codes of a phone. Acting on real money needs one."""
    import msgspec

    from dutchbook.domain.units import SECOND
    from dutchbook.interfaces.web.second_factor import address, code_at, new_secret

    file = _file(ctx)
    user = _user(file, name)
    secret = "" if off else new_secret()
    now = _on_record(ctx, "take second factor away" if off else "set up second factor", name=name)
    file.put_user(msgspec.structs.replace(user, second=secret))
    if off:
        show(f"{name} has no second factor any more")
        return
    show(
        address(secret, name),
        f"give this address, or the secret {secret}, to the authenticator program of {name}; it is not shown again",
        f"it is right if the program shows {code_at(secret, now // SECOND)} now",
    )


def _user(file: "UsersFile", name: str) -> "User":
    from dutchbook.domain.errors import UsageError

    user = file.read().users.get(name)
    if user is None:
        raise UsageError(f"no user {name!r} - `dutchbook users list` shows all")
    return user


def _file(ctx: typer.Context) -> "UsersFile":
    from dutchbook.storage.home import Home
    from dutchbook.storage.users_file import UsersFile

    return UsersFile(Home(invocation(ctx).home).users)


def _on_record(ctx: typer.Context, action: str, **detail: str) -> "Nanos":
    """Put a change on record before it is made; when that was. Raises ConfigError if it cannot go there."""
    from dutchbook.engine.clocks import RealClock
    from dutchbook.storage.home import Home
    from dutchbook.storage.users_record import UserChange, UsersRecord

    call, now = invocation(ctx), RealClock().now()
    told = {name: str(value) for name, value in detail.items()}
    UsersRecord(Home(call.home).users_record).append(UserChange(at=now, by=call.by, action=action, detail=told))
    return now
