// Filters that root lists are also read with, by root field: those that operations/ and the cases use.
// Random operations draw from them.
export const variants = {
  processes: [
    { filter: { dataset: ['north'] } },
    { filter: { dataset: ['north'], category: ['GOODS', 'WORKS', 'SERVICES'] } },
    { filter: { status: ['ACTIVE'] } },
    { filter: { status: ['ACTIVE', 'COMPLETE'] } },
    { filter: { status: [] } },
    { filter: { category: ['GOODS'], method: ['LIMITED'] } },
    { filter: { category: ['GOODS'], method: ['DIRECT', 'LIMITED'] }, orderBy: 'OCID_ASC' },
    { filter: { date: { from: '2024-02-01T00:00:00Z' } } },
    { filter: { date: { from: '2024-01-15T00:00:00Z', before: '2024-02-20T00:00:00Z' } } },
  ],
  spending: [
    { groupBy: 'BUYER' },
    { groupBy: 'SUPPLIER', measure: 'CONTRACTED' },
    { groupBy: 'YEAR', measure: 'TENDERED', currency: 'EUR' },
  ],
  organizations: [{ filter: { dataset: ['north'] } }, { filter: { dataset: ['south'] } }],
};
