// A list that goes on as the reader scrolls, by Relay's rules for connections.
import { graphql } from 'relay-runtime';

export const page = graphql`
  query ProcessListPageQuery($filter: ProcessFilter) {
    ...ProcessList_query @arguments(filter: $filter)
  }
`;

export const list = graphql`
  fragment ProcessList_query on Query
  @refetchable(queryName: "ProcessListPaginationQuery")
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "ProcessFilter" }
  ) {
    processes(first: $count, after: $cursor, filter: $filter) @connection(key: "ProcessList_processes") {
      totalCount
      edges {
        node {
          id
          ...ProcessCard_process
        }
      }
    }
  }
`;
