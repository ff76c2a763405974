"use strict";
// Who calculates: one worker for the exact answer and one for each wave of the network, none of which is ever asked
// twice at a time. A job that comes while one is at work waits, and a newer one takes its place.
const Desk = (() => {
  // Without tensors the exact answer alone.
  function of(tensors, facts, answered) {
    const source = document.getElementById("engine").textContent;
    const clerks = { exact: clerk(source, answered) };
    for (const wave of tensors ? ["rayleigh", "love"] : []) {
      const own = Object.fromEntries(Object.entries(tensors).filter(([name]) => name.split(".")[1] === wave));
      const lean = { arguments: facts.arguments, doubt_factor: facts.doubt_factor };
      clerks[wave] = clerk(source, answered, { tensors: own, facts: lean, wave });
    }
    return { ask: (jobs) => jobs.forEach((job) => clerks[job.role]?.ask(job)) };
  }

  function clerk(source, answered, lesson) {
    let busy = false, waiting = null;
    const send = starter(source, lesson, (found) => {
      busy = false;
      answered(found);
      if (waiting && !busy) next();
    });
    function next() {
      const job = waiting;
      waiting = null;
      busy = true;
      send(job);
    }
    return {
      ask(job) {
        waiting = job;
        if (!busy) next();
      },
    };
  }

  // A worker made of the page's own text; where that is not allowed, the page itself between two frames.
  function starter(source, lesson, answered) {
    try {
      const worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      worker.onmessage = ({ data }) => answered(data);
      if (lesson) worker.postMessage({ learn: lesson });
      return (job) => worker.postMessage(job);
    } catch {
      if (lesson) Clerk.learn(lesson.tensors, lesson.facts, lesson.wave);
      return (job) => setTimeout(() => answered(Clerk.answer(job)));
    }
  }

  return { of };
})();
