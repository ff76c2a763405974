"""The course of a waveform inversion: stage by stage, step by step, with the state that a killed one resumes from."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seisgrad.inversion.waveform.checkpoint import Checkpoint
from seisgrad.inversion.waveform.course import Course, Leg, Problem
from seisgrad.inversion.waveform.objective import Value
from seisgrad.inversion.waveform.result import Progress, Result, Row
from seisgrad.inversion.waveform.state import State
from seisgrad.inversion.waveform.walks import LbfgsWalk

_EVERY = 10.0
"""Seconds between two writings of the state: a kill loses no more work than this, and the step that was running."""


class Run:
    """A run through all stages.

    Args:
        problem: what is to be fitted.
        legs: the stages in order.
        progress: called after every step, or None.
        foretell: called before the first step with the seconds that all of them may take, or None.
    """

    def __init__(
        self,
        problem: Problem,
        legs: Sequence[Leg],
        progress: Callable[[Progress], None] | None,
        foretell: Callable[[float], None] | None = None,
    ) -> None:
        self.problem, self.legs, self.progress, self.foretell = problem, legs, progress, foretell
        # every stage is laid out first: what does not fit is said before the work begins
        self.budgets = [self._laid_out(leg).steps for leg in legs]
        self.state = State()

    def go(self, folder: Path | None) -> Result:
        """Walk to the end, or take up what the folder holds."""
        kept = None if folder is None else Checkpoint(folder, self.problem.origin(self.legs))
        found = None if kept is None else kept.read()
        if found is not None:
            self.state = State.restored(*found)
        was_finished = len(self.state.endings) == len(self.legs)
        if self.foretell is not None and not was_finished:
            self.foretell(self._outlook())
        try:
            while len(self.state.endings) < len(self.legs):
                self._walk(kept)
        finally:
            if kept is not None and not was_finished:
                kept.write(*self.state.stored())
        unknowns = [self.problem.model(z) for z in self.state.ends]
        tie = self.problem.tie
        models = tuple(unknowns if tie is None else (tie(x).detach() for x in unknowns))
        state = self.state
        return Result(
            models[-1], unknowns[-1], models, state.history, state.endings, state.solves, was_finished
        )

    def _laid_out(self, leg: Leg) -> Course:
        return Course(self.problem, leg, torch.zeros_like(self.problem.start))

    def _outlook(self) -> float:
        """Seconds for the steps that are left, from a gradient of each operator for a part of its last stage."""
        courses = [self._laid_out(leg) for leg in self.legs[len(self.state.endings) :]]
        last = {course.leg.operator: course for course in courses}
        cost = {operator: course.trial() for operator, course in last.items()}
        seconds, taken = 0.0, self.state.taken
        for course in courses:
            first = course.leg.stage.optimiser == "lbfgs"  # which also evaluates where it begins
            seconds += cost[course.leg.operator] * course.parts() * (course.steps - taken + first)
            taken = 0
        return seconds

    def _walk(self, kept: Checkpoint | None) -> None:
        """Walk the present stage to its end."""
        state = self.state
        z = state.ends[-1] if state.ends else torch.zeros_like(self.problem.start)
        course = Course(self.problem, self.legs[len(state.endings)], z, state.solves)
        walk = course.walk
        if state.walking:
            walk.load(state.walking)
            walk.ending = state.walk_ending
        written = time.monotonic()
        while self.state.taken < course.steps and walk.ending is None:
            self._step(course)
            if kept is not None and time.monotonic() - written > _EVERY:
                kept.write(*self.state.stored())
                written = time.monotonic()
        state = self.state
        last = walk.at if isinstance(walk, LbfgsWalk) else None
        if last is not None and state.history[-1].iteration < state.taken:
            state = replace(state, history=(*state.history, self._row(course, last)))
        ending: Any = walk.ending or "budget used"
        self.state = State(
            0, state.solves, state.history, (*state.endings, ending), (*state.ends, walk.z.clone())
        )

    def _step(self, course: Course) -> None:
        before = course.walk.z
        value = course.step(self.state.taken)
        self.state = replace(
            self.state,
            history=(*self.state.history, self._row(course, value)),
            taken=self.state.taken + (course.walk.z is not before),
            solves=course.solves,
            walking=course.walk.arrays(),
            walk_ending=course.walk.ending,
        )
        if self.progress is not None:
            self.progress(self._progress(value.misfit))

    def _row(self, course: Course, value: Value) -> Row:
        norm = float(value.gradient.norm())
        return Row(
            course.leg.operator,
            course.leg.number,
            self.state.taken,
            value.misfit,
            value.penalty,
            norm,
            value.solves,
        )

    def _progress(self, misfit: float) -> Progress:
        stage = len(self.state.endings)
        taken = self.state.taken
        share = (sum(self.budgets[:stage]) + taken) / sum(self.budgets)
        return Progress(share, stage + 1, len(self.legs), taken, self.budgets[stage], misfit)
