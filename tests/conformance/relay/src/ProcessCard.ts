// A card that reads itself anew, which Relay does by `node(id:)`, with lists that page within it.
import { graphql } from 'relay-runtime';

export const card = graphql`
  fragment ProcessCard_process on ContractingProcess
  @refetchable(queryName: "ProcessCardRefetchQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 5 }, cursor: { type: "String" }, bids: { type: "Boolean", defaultValue: true }) {
    ocid
    date
    tender {
      title
      value {
        amount
        currency
      }
    }
    buyer {
      ...Organization_link
    }
    awards(first: $count, after: $cursor) @connection(key: "ProcessCard_awards") {
      edges {
        node {
          title
          suppliers {
            ...Organization_link
          }
        }
      }
    }
    bids @include(if: $bids) {
      totalCount
    }
  }
`;

export const link = graphql`
  fragment Organization_link on Organization {
    name
  }
`;

export const anything = graphql`
  query ProcessCardAnythingQuery($id: ID!) @raw_response_type {
    node(id: $id) {
      __typename
      ... on Organization {
        ...Organization_link @alias(as: "link")
      }
      ... on Award {
        title
      }
    }
  }
`;
