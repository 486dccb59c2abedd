//! Maps and sets by hash for names and places of a program: keyed anew in each process, so that whoever wrote the names cannot choose ones
//! that collide, and several times quicker than the standard library's on short keys (foldhash 0.2, "minimally DoS-resistant").

use foldhash::fast::RandomState;

pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub(crate) type HashSet<T> = std::collections::HashSet<T, RandomState>;
