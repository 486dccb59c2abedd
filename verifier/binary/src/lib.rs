//! The `binary` room: reads delivered executables and writes down what they say about themselves and what their code says.

use assize_delivery::Delivery;
use assize_facts::{Progress, Request, Sheet, reason};

/// One sheet per request. A kind whose collector is not built yet is a gap, so that nothing passes by it.
pub fn collect(_delivery: &Delivery, requests: &[Request], _progress: &dyn Progress) -> Vec<Sheet> {
    requests.iter().map(not_built).collect()
}

fn not_built(request: &Request) -> Sheet {
    let mut sheet = Sheet::missing(&request.kind, reason!("collector-not-built", kind = request.kind));
    sheet.with = request.args();
    sheet
}
