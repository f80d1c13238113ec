// Moving through the lesson: steps of one sheet here, another sheet by way of the server.

const SETTLED_MS = 600; // a step is reported once the student has stayed on it for so long
const PATIENCE_MS = 2000; // after which a request that nothing came of is made again
const LAG_MS = 8000; // for so long after a report the page may answer from before it

// The student's last step, kept outside the view: the page may answer from before it, when its
// address lags behind, and Streamlit may take the view down and put it up again.
const moved = { from: null, to: null, at: -Infinity };

/** Returns {goTo, ask, goToPart, arrive, settle, follow, close}; `paint()` is called after a step. */
function traveller(state, emit, paint) {
  let timer = null;
  let repeating = null;

  function report() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.reported = currentStep(state).id;
      emit("step", { step: state.reported });
    }, SETTLED_MS);
  }

  /** A click is lost now and then when two runs of the page fall together, so it is repeated. */
  function send(target, attempts) {
    emit("select", target);
    clearTimeout(repeating);
    repeating = setTimeout(() => {
      if (state.target !== target) return;
      if (attempts > 1) send(target, attempts - 1);
      else state.target = null;
    }, PATIENCE_MS);
  }

  /** Ask the server for another place in the lesson; what is not named stays. */
  function ask(place) {
    clearTimeout(timer);
    const { lesson } = state;
    state.target = {
      step: currentStep(state).id,
      layer: lesson.layer,
      head: lesson.head_index,
      query: lesson.query,
      ...place,
    };
    state.reported = state.target.step;
    moved.at = -Infinity;
    send(state.target, 3);
  }

  /** Go where the student asked to go, if the sheet that was asked for is there. */
  function arrive() {
    const { lesson, target } = state;
    const here =
      target &&
      target.layer === lesson.layer &&
      target.head === lesson.head_index &&
      target.query === lesson.query &&
      stepHere(lesson, target.step) >= 0;
    if (!here) return false;
    state.target = null;
    state.step = stepHere(lesson, target.step);
    if (target.row !== undefined) {
      state.row = Math.max(
        0,
        lesson.rows.findIndex(({ place }) => place.at(-1) === target.row),
      );
    }
    if (target.dim !== undefined) state.dim = target.dim;
    return true;
  }

  return {
    ask,
    arrive,
    goTo(step) {
      const { lesson } = state;
      if (step === state.step) return;
      if (state.target) return; // another sheet is on its way
      const outside = step < 0 ? lesson.before : step >= lesson.steps.length ? lesson.after : null;
      if (step < 0 || step >= lesson.steps.length) {
        if (outside) ask({ step: outside[0], layer: outside[1] });
        return;
      }
      if (lesson.steps[step].sheet !== lesson.sheet) {
        ask({ step: lesson.steps[step].id });
        return;
      }
      state.reported ??= currentStep(state).id; // what the page knows, should it still be telling us
      moved.from ??= state.reported;
      moved.to = lesson.steps[step].id;
      moved.at = performance.now();
      state.step = step;
      paint();
      report();
    },
    /** Take up the step that the page tells, unless it speaks of a time before the last move. */
    follow(step) {
      const { lesson } = state;
      const lags = step === moved.from && performance.now() - moved.at < LAG_MS;
      if (step === state.reported) moved.from = step; // the student's own report coming back
      else if (lags && stepHere(lesson, moved.to) >= 0) {
        state.reported = step;
        state.step = stepHere(lesson, moved.to);
        report();
      } else {
        state.reported = moved.from = step;
        if (stepHere(lesson, step) >= 0) state.step = stepHere(lesson, step);
      }
    },
    close() {
      clearTimeout(timer);
      clearTimeout(repeating);
    },
  };
}
