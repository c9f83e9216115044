// promptfoo's side of the recordings: answers by index, verdicts by the rubric's <<name>>, vectors by text.
const fs = require('fs');
const path = require('path');

const recorded = JSON.parse(fs.readFileSync(path.join(__dirname, 'recorded.json'), 'utf8'));

module.exports = class Recorded {
  id() {
    return 'recorded';
  }

  async callApi(prompt) {
    const marked = prompt.match(/<<([a-z-]+)>>/);
    if (marked) {
      const answer = recorded.judge[marked[1]];
      return answer === null ? { error: 'the judge is down' } : { output: answer };
    }
    const { output, latency_ms, cost_usd } = recorded.answers[Number(prompt)];
    return { output, latencyMs: latency_ms, cost: cost_usd === null ? undefined : cost_usd };
  }

  async callEmbeddingApi(text) {
    const embedding = recorded.vectors[text];
    return embedding ? { embedding } : { error: 'nobody embedded this' };
  }
};
