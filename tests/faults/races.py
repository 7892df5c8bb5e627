"""R16: of two agents who take one conversation at once, one wins and the other is told who."""

from __future__ import annotations

import threading

from django.contrib.auth.models import User
from django.db import connections

from chat.conflicts import conflict
from chat.errors import Conflict
from chat.models import Conversation, ConversationEvent, Message
from chat.services import messages
from tests.faults import scene
from tests.faults.rows import Outcome, Trial


def run(trial: Trial) -> Outcome:
    rounds, outcome = trial.either(smoke=100, full=1000), Outcome()
    for number in range(rounds):
        scene.write(f"55416{number:08d}", "atendente")
    conversations = list(Conversation.objects.order_by("id").values_list("id", flat=True))
    agents = list(User.objects.filter(username__in=["atendente", "atendente2"]))
    answers: list[dict[str, object]] = [{} for _ in range(rounds)]
    together = threading.Barrier(len(agents), timeout=60)

    def race(agent: User) -> None:
        for number, conversation in enumerate(conversations):
            together.wait()
            answers[number][agent.username] = _assume(conversation, agent)
        connections.close_all()

    threads = [threading.Thread(target=race, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _check(outcome, conversations, answers, agents)
    return outcome


def _assume(conversation: int, agent: User) -> object:
    """True, or what the loser is told."""
    try:
        messages.assume(conversation, by=agent)
    except Conflict as error:
        return conflict(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return True


def _check(
    outcome: Outcome,
    conversations: list[int],
    answers: list[dict[str, object]],
    agents: list[User],
) -> None:
    names = {agent.username: agent.get_full_name() for agent in agents}
    wins = dict.fromkeys(names, 0)
    for conversation, given in zip(conversations, answers, strict=True):
        winners = [name for name, answer in given.items() if answer is True]
        outcome.expect(len(winners) == 1, f"conversation {conversation}: {given}")
        if len(winners) != 1:
            continue
        wins[winners[0]] += 1
        (told,) = [answer for answer in given.values() if answer is not True]
        owner = {"username": winners[0], "name": names[winners[0]]}
        names_owner = (
            isinstance(told, dict) and told["agent"] == owner and owner["name"] in told["detail"]
        )
        outcome.expect(names_owner, f"the loser of {conversation} is told {told}")
        kept = Conversation.objects.select_related("agent").get(pk=conversation)
        outcome.expect(
            kept.agent is not None and kept.agent.username == winners[0], "somebody else owns it"
        )
        recorded = ConversationEvent.objects.filter(conversation=conversation, what="assume")
        notices = Message.objects.filter(conversation=conversation, author="system")
        outcome.expect(recorded.count() == 1, f"{recorded.count()} times assumed: {conversation}")
        outcome.expect(notices.count() == 1, f"{notices.count()} start notices: {conversation}")
    outcome.figures.update(
        {"races": len(conversations), **{f"{n} won": w for n, w in wins.items()}}
    )
