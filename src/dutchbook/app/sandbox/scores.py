"""From how a match of the world stands to what Polymarket's feed says of it."""

from collections.abc import Callable

from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.scores import GameScore
from dutchbook.exchange.servers.polymarket.gamma_values import rfc3339
from dutchbook.exchange.servers.polymarket.scores_feed import Score


def scores_of(exchange: Exchange, publish: Callable[[Score], None]) -> Callable[[GameScore], None]:
    """A listener that publishes what it hears. A game's id is the number of its event."""
    numbers = {listed.slug: int(listed.number) for listed in exchange.questions.values()}

    def heard(game: GameScore) -> None:
        if game.name not in numbers:
            numbers.update({listed.slug: int(listed.number) for listed in exchange.questions.values()})
        # A match that only the other venue lists is no event here.
        if game.name in numbers:
            publish(_score(game, numbers[game.name]))

    return heard


def _score(game: GameScore, number: int) -> Score:
    home, away = game.score
    half = "1H" if 2 * game.played < game.periods else "2H"
    return Score(
        game_id=number,
        league_abbreviation=game.league,
        slug=game.name,
        home_team=game.home,
        away_team=game.away,
        status="Final" if game.ended else "InProgress",
        score=f"{home}-{away}",
        period="FT" if game.ended else half,
        elapsed=str(game.played),
        live=not game.ended,
        ended=game.ended,
        finished_timestamp=rfc3339(game.at) if game.ended else "",
    )
