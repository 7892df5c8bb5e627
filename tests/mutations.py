"""Switches each guard off in turn, in a copy of the tree: a test must notice (`make mutants`).

A guard nobody misses is not tested. `ONLY="lease epoch"` tries those whose name has this in it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis")
WITHIN_SECONDS = 900
# Of migrations: a unique index over rows that are never there.
NEVER = "condition=models.Q(('id__lt', 0)), "


@dataclass(frozen=True)
class Guard:
    """What keeps a promise: its exact text, how it reads switched off, and who must miss it."""

    name: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]


def _unique(name: str, file: str, test: str) -> Guard:
    """A constraint of the database, under its name there."""
    text = f"name='{name}'"
    return Guard(f"unique: {name}", file, text, NEVER + text, (test,))


_CHAT, _PROVIDER = "chat/migrations/0001_initial.py", "provider/migrations/0001_initial.py"
_KEPT = "tests/provider/test_database_rules.py::test_the_database_itself_refuses_a_second"
_DELIVERIES = "tests/provider/test_deliveries.py::"
_WEBHOOKS = "tests/provider/test_webhooks.py::"
_REPEAT = "test_a_repeat_is_200_adds_no_row_and_does_nothing_twice"
_OVERTAKEN = "tests/provider/test_overtaken.py::"

GUARDS = (
    # What the database refuses
    _unique("event_stored_once", _PROVIDER, f"{_WEBHOOKS}{_REPEAT}"),
    _unique("message_once", _CHAT, f"{_KEPT}[message]"),
    _unique("client_message_once", _CHAT, f"{_KEPT}[client_id]"),
    _unique("fact_once", _CHAT, f"{_KEPT}[fact]"),
    Guard(
        "unique: identity_once",
        "chat/migrations/0008_identity_lets_others_refer.py",
        "('external_id__isnull', False)",
        "('external_id__isnull', True)",
        (f"{_KEPT}[identity]",),
    ),
    _unique("alias_once", "chat/migrations/0006_ids_of_people.py", f"{_KEPT}[alias]"),
    _unique("attempt_once_per_epoch", _PROVIDER, f"{_KEPT}[attempt]"),
    _unique("account_once", _PROVIDER, f"{_KEPT}[account]"),
    Guard(
        "unique: one_open_conversation",
        _CHAT,
        "('status', 'closed'), _negated=True), name='one_open_conversation'",
        "('status', 'nothing')), name='one_open_conversation'",
        ("tests/chat/test_moves.py::test_the_database_itself_refuses_a_second_open_conversation",),
    ),
    Guard(
        "unique: incident_open_once",
        "provider/migrations/0002_checks_and_incidents.py",
        "condition=models.Q(('closed_at', None))",
        "condition=models.Q(('id__lt', 0))",
        ("tests/provider/test_incidents.py::test_the_database_keeps_one_open_incident_of_a_kind",),
    ),
    Guard(
        "check: owner_fits_status",
        _CHAT,
        "('status', 'closed'), _connector='OR'), name='owner_fits_status'",
        "('id__gt', 0), _connector='OR'), name='owner_fits_status'",
        ("tests/chat/test_moves.py::test_the_database_itself_refuses_an_owner_that_does_not_fit",),
    ),
    # Webhooks
    Guard(
        "token of a webhook",
        "provider/adapters/botmaker/__init__.py",
        "if not expected or not hmac.compare_digest(",
        "if not expected and not hmac.compare_digest(",
        (f"{_WEBHOOKS}test_a_webhook_without_the_right_token_is_403_and_leaves_nothing",),
    ),
    Guard(
        "signature of a webhook",
        "provider/meta.py",
        "(hmac.compare_digest(received, _signature(body, secret)) for secret in secrets)",
        "(secrets)",
        ("tests/provider/test_direct_addresses.py::test_only_the_channels_own_secret_opens_its_address",),
    ),
    Guard(
        "a repeat of a message",
        "chat/services/intake.py",
        "        return Applied()\n    identity = identities.of(channel, event)",
        "        pass\n    identity = identities.of(channel, event)",
        (f"{_WEBHOOKS}test_the_same_message_in_another_body_has_no_second_effect",),
    ),
    Guard(
        "tries counted before the handler",
        "provider/services/webhooks.py",
        'if not open_row.update(tries=F("tries") + 1):',
        'if not open_row.update(tries=F("tries")):',
        (f"{_WEBHOOKS}test_a_handler_that_fails_every_time_is_set_aside_and_can_be_replayed",),
    ),
    Guard(
        "tries counted before their batch",
        "provider/services/webhooks.py",
        'open_rows.update(tries=F("tries") + 1)',
        'open_rows.update(tries=F("tries"))',
        (
            f"{_WEBHOOKS}test_an_event_that_ends_its_worker_is_set_aside_and_costs_those_behind_it_one_try",
        ),
    ),
    Guard(
        "a broken item alone",
        "provider/services/webhooks.py",
        '"id": _name(item), "reason": Reason.BROKEN})\n            continue\n',
        '"id": _name(item), "reason": Reason.BROKEN})\n            break\n',
        (f"{_WEBHOOKS}test_an_item_that_breaks_does_not_keep_those_after_it_from_being_applied",),
    ),
    Guard(
        "a failure is no success",
        "provider/services/webhooks.py",
        'if any(item["reason"] == Reason.BROKEN for item in unapplied):',
        "if not event.pk:",
        ("tests/provider/test_failing_handlers.py::test_whatever_breaks_in_a_handler_is_tried_again_and_then_set_aside",),
    ),
    Guard(
        "one driver of the event lane",
        "provider/services/lanes.py",
        'free = Q(driver="") | Q(lease_until__lt=clock.now()) | Q(driver__in=list(_ended))',
        "free = Q()",
        (f"{_OVERTAKEN}test_while_somebody_drives_the_lane_of_events_nobody_else_does",),
    ),
    Guard(
        "a status waits for its message",
        "provider/services/ties.py",
        "return Waiting(report.ties) if isinstance(outcome, Waiting) else outcome",
        "return Applied()",
        (f"{_WEBHOOKS}test_an_early_status_waits_and_is_discarded_after_a_day",),
    ),
    Guard(
        "who waits is woken",
        "provider/services/ties.py",
        "waiting = EventTie.objects.filter(tie__in=known)",
        "waiting = EventTie.objects.filter(tie__in=known[:0])",
        (f"{_WEBHOOKS}test_an_early_status_is_tried_at_once_when_its_id_turns_up",),
    ),
    # Sends
    Guard(
        "a send is claimed by one",
        "provider/services/deliveries.py",
        "                state=State.QUEUED,\n                epoch=delivery.epoch,\n",
        "                epoch__gte=0,\n",
        (f"{_OVERTAKEN}test_a_send_another_worker_has_just_made_is_not_made_again",),
    ),
    Guard(
        "a claim knows to whom it goes",
        "provider/services/deliveries.py",
        "                recipient=delivery.recipient,\n                next_attempt_at",
        "                next_attempt_at",
        (f"{_OVERTAKEN}test_a_send_whose_person_has_just_moved_does_not_go_to_the_old_number",),
    ),
    Guard(
        "lease epoch",
        "provider/services/outcomes.py",
        "pk=delivery.pk, epoch=delivery.epoch, state__in=[State.LEASED, State.UNCONFIRMED]",
        "pk=delivery.pk, state__in=[State.LEASED, State.UNCONFIRMED]",
        (f"{_OVERTAKEN}test_the_result_of_an_older_claim_changes_nothing_of_a_newer_one",),
    ),
    Guard(
        "order in a conversation",
        "provider/services/deliveries.py",
        "return due.filter(~Exists(in_the_way))",
        "return due.filter(Exists(in_the_way) | ~Exists(in_the_way))",
        (f"{_DELIVERIES}test_what_waits_for_a_retry_holds_back_its_conversation_and_no_other",),
    ),
    Guard(
        "a lost send is not repeated",
        "provider/services/deliveries.py",
        "if not rows.update(state=State.UNCONFIRMED, settled_at=since, lease_until=None):",
        "if not rows.update(state=State.QUEUED, settled_at=since, lease_until=None):",
        (f"{_OVERTAKEN}test_a_send_whose_worker_died_is_not_made_again",),
    ),
    Guard(
        "a pause holds every send",
        "provider/services/tokens.py",
        "if clock.is_ahead(state.paused_until):",
        "if clock.is_ahead(None):",
        (f"{_DELIVERIES}test_a_pause_the_provider_asks_for_holds_every_send_and_charges_none",),
    ),
    Guard(
        "sends held by the credentials say so",
        "provider/services/deliveries.py",
        "        _hold(_queued(state))\n",
        "        pass\n",
        (f"{_DELIVERIES}test_while_no_credentials_work_messages_wait_saying_so_and_leave_when_they_do",),
    ),
    Guard(
        "a day is the longest wait",
        "provider/services/deliveries.py",
        "created_at__lt=now - MAX_AGE",
        "created_at__lt=now - 100 * MAX_AGE",
        (f"{_DELIVERIES}test_a_send_older_than_a_day_fails_instead_of_leaving_late",),
    ),
    Guard(
        "only what the same account sent",
        "provider/services/ties.py",
        "        delivery__adapter=adapter, delivery__channel_key=channel_key\n    )\n    if kind",
        "        delivery__adapter=adapter\n    )\n    if kind",
        (f"{_OVERTAKEN}test_a_status_of_another_account_says_nothing_of_a_send",),
    ),
    # Tokens
    Guard(
        "single flight of renewals",
        "provider/services/renewals.py",
        "free = Q(renewal_lease_until=None) | Q(renewal_lease_until__lt=now)",
        "free = Q()",
        (f"{_OVERTAKEN}test_a_renewal_is_left_alone_for_as_long_as_it_may_last",),
    ),
    Guard(
        "one winner of a renewal",
        "provider/services/renewals.py",
        "rows = rows.filter(renewer=left_behind)",
        "rows = Account.objects.filter(pk=state.pk)",
        (f"{_OVERTAKEN}test_of_two_who_would_renew_one_does",),
    ),
    Guard(
        "one daily check",
        "provider/services/checks.py",
        "rows = Account.objects.filter(free, pk=state.pk, check_round=state.check_round)",
        "rows = Account.objects.filter(pk=state.pk)",
        (f"{_OVERTAKEN}test_of_two_who_find_the_check_due_one_makes_it",),
    ),
    Guard(
        "one mail of an incident",
        "provider/services/incidents.py",
        "pk=incident.pk, mail=Mail.WAITING, mail_tries=incident.mail_tries",
        "pk=incident.pk",
        ("tests/chat/test_alarms.py::test_a_claimed_mail_is_sent_by_one",),
    ),
    # Conversations and messages
    Guard(
        "rank of a status",
        "chat/models/message.py",
        "best = max(counted, key=lambda fact: RANK[fact.status])",
        "best = counted[-1]",
        ("tests/chat/test_message_status.py::test_all_24_orders_of_receipts_end_as_read",),
    ),
    Guard(
        "the legal moves",
        "chat/services/conversations.py",
        "    if target is None:\n        raise Conflict(refused(conversation), conversation)",
        "    if target is None:\n        target = Status.ACTIVE",
        ("tests/chat/test_moves.py::test_a_move_is_in_the_table_or_changes_nothing",),
    ),
    Guard(
        "a closed conversation takes no message",
        "chat/services/intake.py",
        "            return False\n",
        "            pass\n",
        (
            "tests/chat/test_meetings.py"
            "::test_what_is_written_to_a_conversation_just_closed_opens_another",
        ),
    ),
    Guard(
        "raising the version",
        "chat/services/conversations.py",
        'rows.update(version=F("version") + 1)',
        'rows.update(version=F("version"))',
        ("tests/chat/test_live.py::test_news_say_a_new_version_and_only_of_what_was_kept",),
    ),
    Guard(
        "news after the commit",
        "chat/live.py",
        "transaction.on_commit(lambda: _send(news), robust=True)",
        "_send(news)",
        ("tests/chat/test_live.py::test_news_say_a_new_version_and_only_of_what_was_kept",),
    ),
    Guard(
        "wake-ups after the commit",
        "provider/tasks.py",
        "transaction.on_commit(wakeup.kick, robust=True)",
        "wakeup.kick()",
        (f"{_OVERTAKEN}test_what_was_taken_back_wakes_nobody",),
    ),
    Guard(
        "client_id of an answer",
        "chat/services/messages.py",
        "known = conversation.messages.filter(client_id=client_id).first()",
        "known = conversation.messages.none().first()",
        ("tests/api/test_messages.py::test_the_same_client_id_is_the_same_message",),
    ),
    Guard(
        "only the owner answers",
        "chat/services/conversations.py",
        "if conversation.status in OWNED and conversation.agent_id == by.pk:",
        "if conversation.status in OWNED:",
        ("tests/chat/test_desk.py::test_the_old_owner_loses_the_word_at_once",),
    ),
    Guard(
        "who may see a conversation",
        "chat/permissions.py",
        "    return Conversation.objects.filter(\n        Q(agent=user)",
        "    return Conversation.objects.filter(\n        Q(pk__gt=0) | Q(agent=user)",
        ("tests/acceptance/test_conversations.py::test_14_an_agent_without_membership_sees_nothing_anywhere",),
    ),
    Guard(
        "members of a classification at this moment",
        "chat/services/conversations.py",
        "if not permissions.is_member(by, conversation.classification):",
        "if not by.is_active:",
        ("tests/chat/test_failures_others_had.py::test_an_agent_taken_off_the_team_since_the_list_was_shown_cannot_take_one",),
    ),
    Guard(
        "the bot's pace",
        "chat/services/bots.py",
        "return sent.count() < MAX_AUTOMATIC",
        "return sent.count() >= 0",
        ("tests/chat/test_conversations.py::test_two_bots_that_greet_each_other_stop_after_twenty_messages",),
    ),
    Guard(
        "one worker fetches a file",
        "chat/services/media.py",
        "claim = _due().filter(pk=found)",
        "claim = Attachment.objects.filter(pk=found)",
        ("tests/chat/test_media.py::test_a_file_another_worker_has_just_taken_is_not_fetched_again",),
    ),
    Guard(
        "no address inside",
        "provider/guard.py",
        "if closed or not ip.is_global or ip.is_multicast or ip.is_reserved:",
        "if not ip:",
        ("tests/provider/test_download.py::test_SF3_ways_around_by_translation_and_multicast_are_refused",),
    ),
)  # fmt: skip


def main() -> int:
    """Print a line for each guard; 1 where one is not missed."""
    guards = [guard for guard in GUARDS if os.environ.get("ONLY", "") in guard.name]
    with tempfile.TemporaryDirectory(prefix="isobot-mutants-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        (tree / ".venv").symlink_to((ROOT / ".venv").resolve())
        # Red must be the guard's doing.
        whole = _run(tuple({test for guard in guards for test in guard.tests}), tree)
        _say(f"{whole} with every guard on")
        if whole != "passed":
            return 1
        missed = sum(_is_missed(guard, tree) for guard in guards)
    _say(f"{missed} of {len(guards)} guards are missed")
    return int(missed < len(guards))


def _is_missed(guard: Guard, tree: Path) -> bool:
    """Whether a test turns red without the guard."""
    path, began = tree / guard.file, time.monotonic()
    text = path.read_text()
    path.write_text(text.replace(guard.text, guard.instead))
    verdict = _run(guard.tests, tree)
    path.write_text(text)
    is_red = verdict == "failed"
    said = "red" if is_red else f"NOT MISSED ({verdict})"
    _say(f"{said}: {guard.name} ({time.monotonic() - began:.0f} s)")
    return is_red


def _run(tests: tuple[str, ...], tree: Path) -> str:
    """`passed`, `failed`, or what else became of them: nothing collected is no verdict."""
    names = {"DATABASE_URL", "REDIS_URL", "ONLY"}
    env = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:randomly", *tests]
    done = subprocess.run(
        command, cwd=tree, env=env, capture_output=True, text=True, timeout=WITHIN_SECONDS
    )
    said = done.stdout.strip().rpartition("\n")[2]
    if done.returncode == 0 and re.search(r"\d+ passed", said):
        return "passed"
    if done.returncode == 1 and re.search(r"\d+ failed", said):
        return "failed"
    return said


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
