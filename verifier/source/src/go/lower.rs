//! From tree-sitter's nodes to our syntax: declarations, types and expressions.

use super::lexer::Fault;
use super::normal::Normal;
use super::syntax::*;
use smol_str::SmolStr;
use tree_sitter::Node;

pub(super) struct Lower<'a> {
    file: &'a [u8],
    normal: &'a Normal,
    depth: u32,
    pub fault: Option<Fault>,
}

impl<'a> Lower<'a> {
    pub fn new(file: &'a [u8], normal: &'a Normal) -> Lower<'a> {
        Lower { file, normal, depth: 0, fault: None }
    }

    pub(super) fn at(&self, node: Node) -> Span {
        let place = |offset| u32::try_from(self.normal.place(offset)).unwrap_or(u32::MAX);
        Span { start: place(node.start_byte()), end: place(node.end_byte()) }
    }

    /// What stands in the file, not in the text that was parsed: there `new` may be spelt another way.
    fn text(&self, node: Node) -> SmolStr {
        let Span { start, end } = self.at(node);
        let bytes = self.file.get(start as usize..end as usize).unwrap_or_default();
        String::from_utf8_lossy(bytes).into()
    }

    pub(super) fn ident(&self, node: Node) -> Ident {
        Ident { name: self.text(node), at: self.at(node) }
    }

    pub(super) fn field(&self, node: Node<'a>, name: &str) -> Option<Node<'a>> {
        node.child_by_field_name(name)
    }

    pub(super) fn fields(&self, node: Node<'a>, name: &str) -> Vec<Node<'a>> {
        let mut cursor = node.walk();
        node.children_by_field_name(name, &mut cursor).filter(|child| child.is_named()).collect()
    }

    pub(super) fn inside(&self, node: Node<'a>) -> Vec<Node<'a>> {
        let mut cursor = node.walk();
        node.named_children(&mut cursor).collect()
    }

    /// A node that no rule here expects: the grammar was cheated or has changed.
    pub(super) fn unexpected(&mut self, node: Node, what: &'static str) {
        let at = self.normal.place(node.start_byte());
        self.fault = self.fault.or(Some(Fault { at, what }));
    }

    /// Runs a step one level deeper, or gives up.
    pub(super) fn deeper<T>(&mut self, node: Node<'a>, bad: T, step: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.unexpected(node, TOO_DEEP);
            return bad;
        }
        self.depth += 1;
        let out = step(self);
        self.depth -= 1;
        out
    }

    /// A top-level declaration, or one in a block.
    pub fn item(&mut self, node: Node<'a>) -> Option<Item> {
        match node.kind() {
            "function_declaration" | "method_declaration" => self.func(node).map(|f| Item::Func(Box::new(f))),
            "var_declaration" => Some(Item::Values(self.vars(node))),
            "const_declaration" => Some(Item::Values(self.consts(node))),
            "type_declaration" => Some(Item::Types(self.types(node))),
            _ => {
                self.unexpected(node, "not understood");
                None
            }
        }
    }

    fn func(&mut self, node: Node<'a>) -> Option<Func> {
        let name = self.ident(self.field(node, "name")?);
        let receiver = self.field(node, "receiver").map(|list| self.params(list));
        let signature = self.signature(node);
        let body = self.field(node, "body").map(|block| self.block(block));
        Some(Func { name, receiver: receiver.and_then(|mut list| list.pop()), signature, body })
    }

    fn vars(&mut self, node: Node<'a>) -> Vec<ValueSpec> {
        let mut lines = Vec::new();
        for child in self.inside(node) {
            match child.kind() {
                "var_spec" => lines.push(child),
                "var_spec_list" => lines.extend(self.inside(child).into_iter().filter(|n| n.kind() == "var_spec")),
                _ => self.unexpected(child, "not understood"),
            }
        }
        lines.into_iter().map(|line| self.values(line, false, 0)).collect()
    }

    fn consts(&mut self, node: Node<'a>) -> Vec<ValueSpec> {
        let mut specs: Vec<ValueSpec> = Vec::new();
        for (iota, line) in self.inside(node).into_iter().filter(|n| n.kind() == "const_spec").enumerate() {
            let mut spec = self.values(line, true, iota as i64);
            if spec.values.is_empty()
                && let Some(last) = specs.last()
            {
                (spec.ty, spec.values) = (last.ty.clone(), last.values.clone());
            }
            specs.push(spec);
        }
        specs
    }

    fn values(&mut self, line: Node<'a>, constant: bool, iota: i64) -> ValueSpec {
        let names = self.fields(line, "name").into_iter().map(|n| self.ident(n)).collect();
        let ty = self.field(line, "type").map(|n| self.expr(n));
        let values = self.field(line, "value").map(|n| self.list(n)).unwrap_or_default();
        ValueSpec { constant, names, ty, values, iota }
    }

    fn types(&mut self, node: Node<'a>) -> Vec<TypeSpec> {
        let mut specs = Vec::new();
        for line in self.inside(node) {
            match (line.kind(), self.field(line, "name"), self.field(line, "type")) {
                (kind @ ("type_spec" | "type_alias"), Some(name), Some(ty)) => {
                    let (name, ty) = (self.ident(name), self.expr(ty));
                    specs.push(TypeSpec { name, alias: kind == "type_alias", ty });
                }
                _ => self.unexpected(line, "not understood"),
            }
        }
        specs
    }

    fn signature(&mut self, node: Node<'a>) -> Signature {
        let params = self.field(node, "parameters").map(|list| self.params(list)).unwrap_or_default();
        let results = match self.field(node, "result") {
            Some(list) if list.kind() == "parameter_list" => self.params(list),
            Some(ty) => vec![Param { name: None, ty: self.expr(ty), variadic: false }],
            None => Vec::new(),
        };
        Signature { params, results }
    }

    fn params(&mut self, list: Node<'a>) -> Vec<Param> {
        let mut params = Vec::new();
        for node in self.inside(list) {
            let Some(ty) = self.field(node, "type") else {
                self.unexpected(node, "not understood");
                continue;
            };
            let variadic = node.kind() == "variadic_parameter_declaration";
            let names = self.fields(node, "name");
            let ty = self.expr(ty);
            if names.is_empty() {
                params.push(Param { name: None, ty: ty.clone(), variadic });
            }
            params.extend(names.into_iter().map(|n| Param { name: Some(self.ident(n)), ty: ty.clone(), variadic }));
        }
        named_types(params)
    }

    /// The expressions of an `expression_list` or `argument_list`.
    pub(super) fn list(&mut self, node: Node<'a>) -> Vec<Expr> {
        self.inside(node).into_iter().map(|n| self.expr(n)).collect()
    }

    pub(super) fn expr(&mut self, node: Node<'a>) -> Expr {
        let at = self.at(node);
        let is = self.deeper(node, Is::Bad, |lower| lower.is(node));
        Expr { at, is }
    }

    fn boxed(&mut self, node: Node<'a>, field: &str) -> Box<Expr> {
        match self.field(node, field) {
            Some(child) => Box::new(self.expr(child)),
            None => {
                self.unexpected(node, "not understood");
                Box::new(Expr { at: self.at(node), is: Is::Bad })
            }
        }
    }

    fn is(&mut self, node: Node<'a>) -> Is {
        let literal = |lower: &Self, kind| Is::Literal(kind, lower.text(node));
        match node.kind() {
            "identifier" | "type_identifier" | "package_identifier" | "field_identifier" | "nil" | "true" | "false"
            | "iota" => Is::Name(self.text(node)),
            "int_literal" => literal(self, Literal::Int),
            "float_literal" => literal(self, Literal::Float),
            "imaginary_literal" => literal(self, Literal::Imaginary),
            "rune_literal" => literal(self, Literal::Rune),
            "raw_string_literal" | "interpreted_string_literal" => literal(self, Literal::Text),
            "selector_expression" => self.select(node, "operand", "field"),
            "qualified_type" => self.select(node, "package", "name"),
            "parenthesized_expression" | "parenthesized_type" | "negated_type" => self.only(node),
            "type_elem" | "type_constraint" => self.type_elem(node),
            "pointer_type" => match self.only(node) {
                Is::Paren(inner) => Is::Star(inner),
                other => other,
            },
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "call_expression" => self.call(node),
            "type_conversion_expression" => {
                let (fun, arg) = (self.boxed(node, "type"), self.boxed(node, "operand"));
                self.called(node, *fun, vec![*arg], false)
            }
            "index_expression" => {
                let (operand, index) = (self.boxed(node, "operand"), self.boxed(node, "index"));
                Is::Index(operand, vec![*index])
            }
            "generic_type" => {
                let arguments = self.field(node, "type_arguments").map(|n| self.list(n)).unwrap_or_default();
                Is::Index(self.boxed(node, "type"), arguments)
            }
            "type_instantiation_expression" => {
                let arguments = self.inside(node).into_iter().skip(1).map(|n| self.expr(n)).collect();
                Is::Index(self.boxed(node, "type"), arguments)
            }
            "slice_expression" => {
                let bounds =
                    ["start", "end", "capacity"].iter().filter_map(|f| self.field(node, f)).collect::<Vec<_>>();
                let bounds = bounds.into_iter().map(|n| self.expr(n)).collect();
                Is::Slice(self.boxed(node, "operand"), bounds)
            }
            "type_assertion_expression" => Is::Assert(self.boxed(node, "operand"), self.boxed(node, "type")),
            "composite_literal" => {
                let elements = self.field(node, "body").map(|body| self.elements(body)).unwrap_or_default();
                Is::Composite(Some(self.boxed(node, "type")), elements)
            }
            "literal_value" => Is::Composite(None, self.elements(node)),
            "literal_element" => match self.only(node) {
                Is::Paren(inner) => inner.is,
                other => other,
            },
            "func_literal" => {
                let signature = self.signature(node);
                let body = self.field(node, "body").map(|body| self.block(body)).unwrap_or_default();
                Is::Func(Box::new(signature), body)
            }
            "array_type" => {
                let length = self.boxed(node, "length");
                Is::Array(Some(length), self.boxed(node, "element"))
            }
            "implicit_length_array_type" => Is::Array(None, self.boxed(node, "element")),
            "slice_type" => Is::SliceOf(self.boxed(node, "element")),
            "map_type" => Is::Map(self.boxed(node, "key"), self.boxed(node, "value")),
            "channel_type" => Is::Chan(self.boxed(node, "value")),
            "function_type" => Is::FuncType(Box::new(self.signature(node))),
            "struct_type" => Is::Struct(self.struct_fields(node)),
            "interface_type" => Is::Interface,
            _ => {
                self.unexpected(node, "not understood");
                Is::Bad
            }
        }
    }

    fn select(&mut self, node: Node<'a>, operand: &str, field: &str) -> Is {
        match self.field(node, field) {
            Some(name) => Is::Select(self.boxed(node, operand), self.ident(name)),
            None => Is::Bad,
        }
    }

    /// The one thing in parentheses, or behind a mark.
    fn only(&mut self, node: Node<'a>) -> Is {
        match self.inside(node).as_slice() {
            [inner] => Is::Paren(Box::new(self.expr(*inner))),
            _ => {
                self.unexpected(node, "not understood");
                Is::Bad
            }
        }
    }

    fn type_elem(&mut self, node: Node<'a>) -> Is {
        match self.inside(node).as_slice() {
            [one] => self.expr(*one).is,
            _ => Is::Interface,
        }
    }

    fn unary(&mut self, node: Node<'a>) -> Is {
        let operand = self.boxed(node, "operand");
        let word = self.field(node, "operator").map(|n| n.kind()).unwrap_or_default();
        match Op::unary(word) {
            Some(op) => Is::Unary(op, operand),
            None if word == "*" => Is::Star(operand),
            None => Is::Bad,
        }
    }

    /// Long sums of one operator become one node, whatever their length: generated texts have thousands of terms.
    fn binary(&mut self, node: Node<'a>) -> Is {
        let operator = |n: Node<'a>| n.child_by_field_name("operator").map(|o| o.kind()).unwrap_or_default();
        let word = operator(node);
        let Some(op) = Op::binary(word) else { return Is::Bad };
        let (mut left, mut operands) = (node, Vec::new());
        while left.kind() == "binary_expression" && operator(left) == word {
            let (Some(l), Some(r)) = (self.field(left, "left"), self.field(left, "right")) else { return Is::Bad };
            operands.push(r);
            left = l;
        }
        operands.push(left);
        Is::Binary(op, operands.into_iter().rev().map(|n| self.expr(n)).collect())
    }

    fn call(&mut self, node: Node<'a>) -> Is {
        let mut fun = *self.boxed(node, "function");
        if let Some(arguments) = self.field(node, "type_arguments") {
            let at = Span { start: fun.at.start, end: self.at(arguments).end };
            fun = Expr { at, is: Is::Index(Box::new(fun), self.list(arguments)) };
        }
        let (mut args, mut spread) = (Vec::new(), false);
        let list = self.field(node, "arguments").map(|n| self.inside(n)).unwrap_or_default();
        for arg in list {
            if arg.kind() == "variadic_argument" {
                spread = true;
                args.extend(self.list(arg));
            } else {
                args.push(self.expr(arg));
            }
        }
        self.called(node, fun, args, spread)
    }

    /// The grammar takes `*(*T)(x)` for a conversion to `*(*T)`; to Go it is what the result of one points to.
    fn called(&mut self, node: Node<'a>, fun: Expr, args: Vec<Expr>, spread: bool) -> Is {
        match fun.is {
            Is::Star(fun) => {
                let at = Span { start: fun.at.start, end: self.at(node).end };
                Is::Star(Box::new(Expr { at, is: self.called(node, *fun, args, spread) }))
            }
            _ => Is::Call(Box::new(Call { fun, args, spread })),
        }
    }

    fn elements(&mut self, body: Node<'a>) -> Vec<Element> {
        let mut elements = Vec::new();
        for node in self.inside(body) {
            if node.kind() == "keyed_element" {
                let (key, value) = (*self.boxed(node, "key"), *self.boxed(node, "value"));
                elements.push(Element { key: Some(key), value });
            } else {
                elements.push(Element { key: None, value: self.expr(node) });
            }
        }
        elements
    }

    fn struct_fields(&mut self, node: Node<'a>) -> Vec<Field> {
        let mut fields = Vec::new();
        for list in self.inside(node) {
            for node in self.inside(list) {
                let names = self.fields(node, "name").into_iter().map(|n| self.ident(n)).collect();
                let ty = *self.boxed(node, "type");
                let pointer = self.file.get(self.at(node).start as usize) == Some(&b'*');
                let at = Span { start: self.at(node).start, end: ty.at.end };
                let ty = if pointer { Expr { at, is: Is::Star(Box::new(ty)) } } else { ty };
                fields.push(Field { names, ty });
            }
        }
        fields
    }
}
