//! Every answer that filters can give to a call, whatever its arguments: paths are followed with what is known of each argument word,
//! and an answer counts as possible when arguments were found that bring it about.

use super::action::strictest;
use super::bpf::{Compare, Data, Deed, Operand, Program, Register, Sum, WORDS};
use super::calls::Way;
use super::solve::{Constraint, Expression, impossible, solve};
use std::collections::BTreeMap;

/// What can come of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    /// Return values with arguments for which the interpreter gives them.
    pub shown: BTreeMap<u32, Data>,
    /// Return values of paths that could be neither shown nor excluded.
    pub open: Vec<u32>,
    /// Why not every path was followed, where that is so.
    pub cut: Option<&'static str>,
}

/// Steps of all paths of one call together; a filter of libseccomp's kind needs a few hundred.
const MOST_STEPS: usize = 200_000;
/// Paths through all filters.
const MOST_PATHS: usize = 4_000;

/// A register: a number, something computed from one argument word, or neither.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Known(u32),
    Word(Expression),
    /// Computed from several words; what holds of it is only seen by trying.
    Mixed,
}

/// A path so far.
#[derive(Clone)]
struct Path {
    /// Which filter, and where in it.
    filter: usize,
    at: usize,
    a: Value,
    x: Value,
    memory: [Value; 16],
    constraints: Vec<Constraint>,
    /// Return values of the filters before.
    values: Vec<u32>,
    /// Whether a return value depends on an argument, so that the ones above are not the whole.
    mixed: bool,
}

impl Path {
    fn begin() -> Path {
        let zero = Value::Known(0);
        Path {
            filter: 0,
            at: 0,
            a: zero.clone(),
            x: zero.clone(),
            memory: std::array::from_fn(|_| zero.clone()),
            constraints: vec![],
            values: vec![],
            mixed: false,
        }
    }

    /// The next filter begins with empty registers.
    fn next_filter(&mut self, value: u32) {
        self.values.push(value);
        let (constraints, values) = (std::mem::take(&mut self.constraints), std::mem::take(&mut self.values));
        *self = Path { filter: self.filter + 1, constraints, values, mixed: self.mixed, ..Path::begin() };
    }
}

/// Explores a call under filters, newest first.
pub(crate) fn explore(filters: &[&Program], way: &Way) -> Answers {
    let fixed = way.fixed();
    let mut answers = Answers::default();
    let mut waiting = vec![Path::begin()];
    let (mut steps, mut paths) = (0, 0);
    while let Some(mut path) = waiting.pop() {
        loop {
            let Some(program) = filters.get(path.filter) else {
                paths += 1;
                answers.end(filters, &fixed, &path);
                break;
            };
            steps += 1;
            if steps > MOST_STEPS || paths > MOST_PATHS {
                answers.cut = Some("too many paths");
                return answers;
            }
            let Some(deed) = program.deed(path.at) else {
                answers.cut = Some("a program that the kernel would not take");
                return answers;
            };
            if let Some(forks) = advance(&mut path, deed, &fixed) {
                waiting.extend(forks);
                break;
            }
        }
    }
    answers
}

impl Answers {
    /// A path through all filters: its answer is shown by arguments that meet its constraints and make the interpreter say the same.
    fn end(&mut self, filters: &[&Program], fixed: &[Option<u32>; WORDS], path: &Path) {
        let value = strictest(path.values.iter().copied());
        if self.shown.contains_key(&value) && !path.mixed {
            return;
        }
        match solve(&path.constraints, fixed) {
            Some(data) => {
                let said = run(filters, &data);
                if let Some(said) = said {
                    self.shown.entry(said).or_insert(data);
                }
                if (said != Some(value) || path.mixed) && !self.open.contains(&value) {
                    self.open.push(value);
                }
            }
            None if !self.open.contains(&value) => self.open.push(value),
            None => {}
        }
    }
}

/// What the filters say to one call, concretely.
pub(crate) fn run(filters: &[&Program], data: &Data) -> Option<u32> {
    let values: Option<Vec<u32>> = filters.iter().map(|f| f.run(data)).collect();
    Some(strictest(values?))
}

/// One instruction: the path goes on, or it is replaced by those into which it forks.
fn advance(path: &mut Path, deed: Deed, fixed: &[Option<u32>; WORDS]) -> Option<Vec<Path>> {
    path.at += 1;
    match deed {
        Deed::LoadWord(word) => {
            path.a = fixed[word].map_or_else(|| Value::Word(Expression::word(word)), Value::Known);
        }
        Deed::LoadConstant(register, k) => *path.register(register) = Value::Known(k),
        Deed::LoadMemory(register, slot) => *path.register(register) = path.memory[slot].clone(),
        Deed::Store(register, slot) => path.memory[slot] = path.register(register).clone(),
        Deed::Move(Register::A) => path.a = path.x.clone(),
        Deed::Move(Register::X) => path.x = path.a.clone(),
        Deed::Negate => path.a = computed(&Value::Known(0), Sum::Sub, &path.a),
        Deed::Compute(sum, operand) => return compute(path, sum, operand),
        Deed::Jump(to) => path.at = to,
        Deed::Branch(compare, operand, yes, no) => return branch(path, compare, operand, [yes, no], fixed),
        Deed::ReturnConstant(value) => path.next_filter(value),
        Deed::ReturnA => {
            // A value made of an argument could be anything, so at its weakest it allows.
            let value = if let Value::Known(value) = path.a { value } else { 0x7fff_0000 };
            path.mixed |= !matches!(path.a, Value::Known(_));
            path.next_filter(value);
        }
    }
    None
}

impl Path {
    fn register(&mut self, register: Register) -> &mut Value {
        match register {
            Register::A => &mut self.a,
            Register::X => &mut self.x,
        }
    }

    fn operand(&self, operand: Operand) -> Value {
        match operand {
            Operand::K(k) => Value::Known(k),
            Operand::X => self.x.clone(),
        }
    }
}

fn compute(path: &mut Path, sum: Sum, operand: Operand) -> Option<Vec<Path>> {
    let right = path.operand(operand);
    if sum == Sum::Div && right == Value::Known(0) {
        path.next_filter(0);
        return None;
    }
    path.a = computed(&path.a, sum, &right);
    if sum == Sum::Div && !matches!(right, Value::Known(_)) {
        // Both: the division by zero that ends the program, and the one that goes on.
        let mut ended = path.clone();
        ended.next_filter(0);
        return Some(vec![ended, path.clone()]);
    }
    None
}

fn computed(left: &Value, sum: Sum, right: &Value) -> Value {
    match (left, right) {
        (Value::Known(a), Value::Known(b)) => sum.of(*a, *b).map_or(Value::Mixed, Value::Known),
        (Value::Word(expression), Value::Known(b)) => Value::Word(expression.clone().then(sum, *b)),
        // Where the order does not matter, the word may stand on the right.
        (Value::Known(a), Value::Word(expression))
            if matches!(sum, Sum::Add | Sum::Mul | Sum::And | Sum::Or | Sum::Xor) =>
        {
            Value::Word(expression.clone().then(sum, *a))
        }
        _ => Value::Mixed,
    }
}

fn branch(
    path: &mut Path,
    compare: Compare,
    operand: Operand,
    [yes, no]: [usize; 2],
    fixed: &[Option<u32>; WORDS],
) -> Option<Vec<Path>> {
    let right = path.operand(operand);
    match (&path.a, &right) {
        (Value::Known(a), Value::Known(b)) => {
            path.at = if compare.of(*a, *b) { yes } else { no };
            None
        }
        (Value::Word(expression), Value::Known(b)) => {
            let side = |at, holds| {
                let constraint = Constraint { expression: expression.clone(), compare, constant: *b, holds };
                let mut side = Path { at, ..path.clone() };
                side.constraints.push(constraint);
                (!impossible(&side.constraints, fixed)).then_some(side)
            };
            Some([side(yes, true), side(no, false)].into_iter().flatten().collect())
        }
        // Two unknowns: both sides, and only trying tells whether a side is possible.
        _ => Some([yes, no].map(|at| Path { at, ..path.clone() }).into()),
    }
}
