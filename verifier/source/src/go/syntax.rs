//! Go's syntax as the analyses see it: one declaration as a tree, types and expressions alike (as in go/ast).

use smol_str::SmolStr;

/// Deeper nesting is no honest program; each level costs stack where trees are made and in every analysis.
pub(super) const DEEPEST: u32 = 600;

/// What is said of such.
pub(super) const TOO_DEEP: &str = "nested deeper than 600 levels";

/// What is said of text that is no declaration.
pub(super) const NOT_UNDERSTOOD: &str = "not understood by the grammar";

/// Bytes of a file, `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// Of the statements of a block; `None` for an empty one.
    pub fn of(block: &[Stmt]) -> Option<Span> {
        Some(Span { start: block.first()?.at.start, end: block.last()?.at.end })
    }

    pub fn holds(self, inner: Span) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ident {
    pub name: SmolStr,
    pub at: Span,
}

/// An expression or a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub at: Span,
    pub is: Is,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Is {
    Name(SmolStr),
    /// As written.
    Literal(Literal, SmolStr),
    Composite(Option<Box<Expr>>, Vec<Element>),
    Func(Box<Signature>, Block),
    Paren(Box<Expr>),
    Select(Box<Expr>, Ident),
    /// An element, or type arguments.
    Index(Box<Expr>, Vec<Expr>),
    Slice(Box<Expr>, Vec<Expr>),
    /// `x.(T)`.
    Assert(Box<Expr>, Box<Expr>),
    Call(Box<Call>),
    Star(Box<Expr>),
    Unary(Op, Box<Expr>),
    /// Two or more operands joined by the same operator, from left to right.
    Binary(Op, Vec<Expr>),
    /// `[n]T` and `[...]T`.
    Array(Option<Box<Expr>>, Box<Expr>),
    SliceOf(Box<Expr>),
    Map(Box<Expr>, Box<Expr>),
    Chan(Box<Expr>),
    FuncType(Box<Signature>),
    Struct(Vec<Field>),
    Interface,
    /// Not understood; the declaration has a gap.
    Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Int,
    Float,
    Imaginary,
    Rune,
    Text,
}

/// Operators by what they do; those of assignments are without their `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    Shl,
    Shr,
    And,
    Or,
    Xor,
    AndNot,
    LogicalAnd,
    LogicalOr,
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Not,
    /// `&x`.
    Address,
    /// `<-c`.
    Receive,
}

impl Op {
    /// By its spelling between two operands.
    pub fn binary(word: &str) -> Option<Op> {
        Some(match word {
            "+" => Op::Add,
            "-" => Op::Sub,
            "*" => Op::Mul,
            "/" => Op::Div,
            "%" => Op::Rem,
            "<<" => Op::Shl,
            ">>" => Op::Shr,
            "&" => Op::And,
            "|" => Op::Or,
            "^" => Op::Xor,
            "&^" => Op::AndNot,
            "&&" => Op::LogicalAnd,
            "||" => Op::LogicalOr,
            "==" => Op::Equal,
            "!=" => Op::NotEqual,
            "<" => Op::Less,
            "<=" => Op::AtMost,
            ">" => Op::Greater,
            ">=" => Op::AtLeast,
            _ => return None,
        })
    }

    /// By its spelling before one operand; `*` is [`Is::Star`].
    pub fn unary(word: &str) -> Option<Op> {
        Some(match word {
            "+" => Op::Add,
            "-" => Op::Sub,
            "!" => Op::Not,
            "^" => Op::Xor,
            "&" => Op::Address,
            "<-" => Op::Receive,
            _ => return None,
        })
    }
}

/// `f(x, y...)`; conversions and `new(T)` look the same.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    pub fun: Expr,
    pub args: Vec<Expr>,
    pub spread: bool,
}

/// An element of a composite literal; its value may be a composite without a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Element {
    pub key: Option<Expr>,
    pub value: Expr,
}

impl Element {
    /// Its key where that is a name: a field's, in the literal of a struct.
    pub fn name(&self) -> Option<&str> {
        match &self.key {
            Some(Expr { is: Is::Name(name), .. }) => Some(name),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// Empty for an embedded field.
    pub names: Vec<Ident>,
    pub ty: Expr,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub(crate) struct Signature {
    pub params: Vec<Param>,
    pub results: Vec<Param>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Param {
    pub name: Option<Ident>,
    pub ty: Expr,
    pub variadic: bool,
}

pub(crate) type Block = Vec<Stmt>;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stmt {
    pub at: Span,
    pub does: Does,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Does {
    Expr(Expr),
    Send(Box<[Expr; 2]>),
    /// `x++` is `x += 1`.
    Assign(Vec<Expr>, Option<Op>, Vec<Expr>),
    Define(Vec<Expr>, Vec<Expr>),
    Go(Expr),
    Defer(Expr),
    Return(Vec<Expr>),
    /// `break`, `continue`, `goto`, `fallthrough`.
    Jump(Jump, Option<SmolStr>),
    Block(Block),
    If(Box<If>),
    Switch(Box<Switch>),
    TypeSwitch(Box<TypeSwitch>),
    Select(Vec<Comm>),
    For(Box<For>),
    Range(Box<Range>),
    Labeled(SmolStr, Box<Stmt>),
    Decl(Item),
    Empty,
    Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jump {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct If {
    pub init: Option<Box<Stmt>>,
    pub condition: Expr,
    pub then: Block,
    /// A block, or another `if`.
    pub otherwise: Option<Box<Stmt>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Switch {
    pub init: Option<Box<Stmt>>,
    pub value: Option<Expr>,
    pub cases: Vec<Case>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeSwitch {
    pub init: Option<Box<Stmt>>,
    pub bound: Option<Ident>,
    pub value: Expr,
    pub cases: Vec<Case>,
}

/// A case and its values or types; `default` has none and says so.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub values: Vec<Expr>,
    pub default: bool,
    pub body: Block,
}

/// A case of `select`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comm {
    /// A send, a receiving expression, assignment or definition; `None` for `default`.
    pub comm: Option<Box<Stmt>>,
    pub body: Block,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct For {
    pub init: Option<Box<Stmt>>,
    pub condition: Option<Expr>,
    pub post: Option<Box<Stmt>>,
    pub body: Block,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Range {
    pub left: Vec<Expr>,
    pub defines: bool,
    pub over: Expr,
    pub body: Block,
}

/// A declaration, at top level or in a block.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Func(Box<Func>),
    Values(Vec<ValueSpec>),
    Types(Vec<TypeSpec>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Func {
    pub name: Ident,
    pub receiver: Option<Param>,
    pub signature: Signature,
    /// `None` where the body is in assembly or elsewhere.
    pub body: Option<Block>,
}

/// A line of `const` or `var`. Repeated constant lines hold the expressions of the line they repeat.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ValueSpec {
    pub constant: bool,
    pub names: Vec<Ident>,
    pub ty: Option<Expr>,
    pub values: Vec<Expr>,
    /// The line's index in its group.
    pub iota: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TypeSpec {
    pub name: Ident,
    pub alias: bool,
    pub ty: Expr,
}

/// In `(a, b T)` `a` is read as a type at first; where one of a list has a name, all have (spec, "Function types").
pub(super) fn named_types(mut params: Vec<Param>) -> Vec<Param> {
    if params.iter().all(|p| p.name.is_none()) {
        return params;
    }
    for index in (0..params.len().saturating_sub(1)).rev() {
        let (before, behind) = params.split_at_mut(index + 1);
        let (Some(param), Some(next)) = (before.last_mut(), behind.first()) else { continue };
        if param.name.is_none()
            && let Is::Name(name) = &param.ty.is
        {
            param.name = Some(Ident { name: name.clone(), at: param.ty.at });
            param.ty = next.ty.clone();
        }
    }
    params
}
