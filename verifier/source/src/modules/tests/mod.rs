//! What the collector finds in small deliverables, honest and otherwise.

mod consistent;
mod contents;
mod declared;
mod demands;
mod files;
mod fixture;
mod nested;
mod packages;
mod reach;
mod records;
mod vendor;

#[test]
fn more_lines_than_any_graph_has_are_cut_with_a_gap() {
    let mut sheet = assize_facts::Sheet::named("module.sums");
    sheet.items = vec![assize_facts::Item { fields: Default::default(), origin: Default::default() }; 1_001];
    super::bound(&mut sheet);
    assert_eq!((sheet.items.len(), sheet.gaps.len()), (1_000, 1));
    super::bound(&mut sheet);
    assert_eq!(sheet.gaps.len(), 1);
}
