//! `link.differences`: where the supplier declared other than the contract, whose sections replace his.

use crate::run::RunRecord;
use assize_facts::kinds::link::Difference;
use assize_facts::{Origin, Sheet};

pub fn derive(run: &RunRecord) -> Sheet {
    let mut sheet = Sheet::of::<Difference>();
    for difference in &run.differences {
        let fact = Difference {
            key: difference.key.clone(),
            supplier: difference.supplier.clone(),
            agreed: difference.agreed.clone(),
        };
        sheet.push(fact, Origin::file("deliverable.toml"));
    }
    // One delivery was compared, whatever came of it.
    sheet.examined(1);
    sheet
}
