// Starts GraphiQL with a question that shows what the graph is for.
"use strict";

(function () {
  const question = `# HBM bandwidth of the H200 +40 %: what happens to decode speed,
# to dollars per million output tokens on each cloud,
# and to the context an agent can hold?
# Press the triangle; the variables are below.
query Question($changes: [ChangeInput!]!, $targets: [ID!], $where: WhereInput) {
  impact(changes: $changes, targets: $targets, where: $where) {
    graphVersion
    changes
    effects(first: 20) {
      totalCount
      nodes {
        quantity { id }
        key { model offering workload framework }
        base
        scenario
        ratio
        unit
        status
        reason
        regime { quantity base scenario switchAt switches }
        trace {
          function { formula citation }
          facts {
            entity { slug }
            quantity { id }
            literal
            literalUnit
            asOf
            source { title locator }
          }
        }
      }
    }
    byLayer { layer { label } effects infeasible missing }
    qualitative {
      target
      sign
      influences { mechanism source { title } }
    }
    notReached { quantity reason }
  }
}
`;
  const variables = {
    changes: [{ entity: "nvidia-h200-sxm", quantity: "memory_bandwidth", op: "PERCENT", value: 40 }],
    targets: ["decode_tokens_per_second", "cost_per_million_output_tokens", "max_context_length"],
    where: { model: ["llama-3.1-70b"], workload: ["mooncake-toolagent"], framework: ["vllm"] },
  };

  const root = document.getElementById("explorer");
  const fetcher = GraphiQL.createFetcher({ url: root.dataset.endpoint });
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: question,
      variables: JSON.stringify(variables, null, 2),
      defaultEditorToolsVisibility: "variables",
    }),
  );
})();
