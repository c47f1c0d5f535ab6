// Starts GraphiQL with a question that shows what the graph is for.
"use strict";

(function () {
  const { query, variables } = JSON.parse(document.getElementById("question").textContent);
  const root = document.getElementById("explorer");
  const fetcher = GraphiQL.createFetcher({ url: root.dataset.endpoint });
  ReactDOM.createRoot(root).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: query,
      variables: JSON.stringify(variables, null, 2),
      defaultEditorToolsVisibility: "variables",
    }),
  );
})();
