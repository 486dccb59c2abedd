//! From tree-sitter's nodes to our syntax: statements.

use super::lower::Lower;
use super::syntax::*;
use tree_sitter::Node;

impl<'a> Lower<'a> {
    pub(super) fn block(&mut self, node: Node<'a>) -> Block {
        self.deeper(node, Vec::new(), |lower| {
            let lists = lower.inside(node);
            lists.into_iter().flat_map(|list| lower.statements(list)).collect()
        })
    }

    /// The statements of a `statement_list`.
    fn statements(&mut self, list: Node<'a>) -> Block {
        let mut block: Block = match list.kind() {
            "statement_list" => self.inside(list).into_iter().map(|n| self.stmt(n)).collect(),
            // A block that holds only a label.
            _ => vec![self.stmt(list)],
        };
        block.retain(|stmt| stmt.does != Does::Empty);
        block
    }

    fn case_body(&mut self, case: Node<'a>) -> Block {
        let lists: Vec<Node> = self.inside(case).into_iter().filter(|n| n.kind() == "statement_list").collect();
        lists.into_iter().flat_map(|list| self.statements(list)).collect()
    }

    fn stmt(&mut self, node: Node<'a>) -> Stmt {
        let mut at = self.at(node);
        let does = self.deeper(node, Does::Bad, |lower| lower.does(node));
        if let Does::Labeled(_, nothing) = &does
            && nothing.does == Does::Empty
        {
            at = nothing.at;
        }
        Stmt { at, does }
    }

    fn optional_stmt(&mut self, node: Node<'a>, field: &str) -> Option<Box<Stmt>> {
        self.field(node, field).map(|n| Box::new(self.stmt(n)))
    }

    fn optional_expr(&mut self, node: Node<'a>, field: &str) -> Option<Expr> {
        self.field(node, field).map(|n| self.expr(n))
    }

    fn bad(&mut self, node: Node<'a>) -> Does {
        self.unexpected(node, "not understood");
        Does::Bad
    }

    fn sides(&mut self, node: Node<'a>) -> (Vec<Expr>, Vec<Expr>) {
        let left = self.field(node, "left").map(|n| self.list(n)).unwrap_or_default();
        let right = self.field(node, "right").map(|n| self.list(n)).unwrap_or_default();
        (left, right)
    }

    fn only_expr(&mut self, node: Node<'a>) -> Option<Expr> {
        self.inside(node).first().map(|n| self.expr(*n))
    }

    fn does(&mut self, node: Node<'a>) -> Does {
        match node.kind() {
            "expression_statement" => self.only_expr(node).map_or(Does::Bad, Does::Expr),
            "send_statement" => match (self.optional_expr(node, "channel"), self.optional_expr(node, "value")) {
                (Some(channel), Some(value)) => Does::Send(Box::new([channel, value])),
                _ => self.bad(node),
            },
            "inc_statement" => self.step(node, Op::Add),
            "dec_statement" => self.step(node, Op::Sub),
            "assignment_statement" => {
                let (left, right) = self.sides(node);
                let word = self.field(node, "operator").map(|n| n.kind()).unwrap_or_default();
                Does::Assign(left, Op::binary(word.strip_suffix('=').unwrap_or_default()), right)
            }
            "short_var_declaration" => {
                let (left, right) = self.sides(node);
                Does::Define(left, right)
            }
            "go_statement" => self.only_expr(node).map_or(Does::Bad, Does::Go),
            "defer_statement" => self.only_expr(node).map_or(Does::Bad, Does::Defer),
            "return_statement" => {
                let lists = self.inside(node);
                Does::Return(lists.into_iter().flat_map(|list| self.list(list)).collect())
            }
            "break_statement" => self.jump(node, Jump::Break),
            "continue_statement" => self.jump(node, Jump::Continue),
            "goto_statement" => self.jump(node, Jump::Goto),
            "fallthrough_statement" => Does::Jump(Jump::Fallthrough, None),
            "block" => Does::Block(self.block(node)),
            "if_statement" => self.if_stmt(node),
            "expression_switch_statement" => self.switch(node),
            "type_switch_statement" => self.type_switch(node),
            "select_statement" => self.select_stmt(node),
            "for_statement" => self.for_stmt(node),
            "labeled_statement" => {
                let label = self.field(node, "label").map(|n| self.ident(n).name).unwrap_or_default();
                let inner = self.inside(node).into_iter().find(|n| n.kind() != "label_name");
                let mut inner = inner.map_or(Stmt { at: self.at(node), does: Does::Empty }, |n| self.stmt(n));
                if inner.does == Does::Empty {
                    let mut cursor = node.walk();
                    let colon = node.children(&mut cursor).find(|child| child.kind() == ":");
                    inner.at = Span { end: self.at(colon.unwrap_or(node)).end, ..self.at(node) };
                }
                Does::Labeled(label, Box::new(inner))
            }
            "empty_statement" => Does::Empty,
            "var_declaration" | "const_declaration" | "type_declaration" => {
                self.item(node).map_or(Does::Bad, Does::Decl)
            }
            _ => self.bad(node),
        }
    }

    fn step(&mut self, node: Node<'a>, op: Op) -> Does {
        let one = Expr { at: self.at(node), is: Is::Literal(Literal::Int, "1".into()) };
        self.only_expr(node).map_or(Does::Bad, |x| Does::Assign(vec![x], Some(op), vec![one]))
    }

    fn jump(&mut self, node: Node<'a>, jump: Jump) -> Does {
        let label = self.inside(node).first().map(|n| self.ident(*n).name);
        Does::Jump(jump, label)
    }

    fn if_stmt(&mut self, node: Node<'a>) -> Does {
        let init = self.optional_stmt(node, "initializer");
        let Some(condition) = self.optional_expr(node, "condition") else { return self.bad(node) };
        let then = self.field(node, "consequence").map(|n| self.block(n)).unwrap_or_default();
        let otherwise = self.optional_stmt(node, "alternative");
        Does::If(Box::new(If { init, condition, then, otherwise }))
    }

    fn switch(&mut self, node: Node<'a>) -> Does {
        let init = self.optional_stmt(node, "initializer");
        let value = self.optional_expr(node, "value");
        let cases = self.cases(node);
        Does::Switch(Box::new(Switch { init, value, cases }))
    }

    fn type_switch(&mut self, node: Node<'a>) -> Does {
        let init = self.optional_stmt(node, "initializer");
        let bound = self.field(node, "alias").and_then(|list| self.inside(list).first().map(|n| self.ident(*n)));
        let Some(value) = self.optional_expr(node, "value") else { return self.bad(node) };
        let cases = self.cases(node);
        Does::TypeSwitch(Box::new(TypeSwitch { init, bound, value, cases }))
    }

    fn cases(&mut self, node: Node<'a>) -> Vec<Case> {
        let mut cases = Vec::new();
        for case in self.inside(node) {
            let values = match case.kind() {
                "expression_case" => self.field(case, "value").map(|list| self.list(list)).unwrap_or_default(),
                "type_case" => self.fields(case, "type").into_iter().map(|n| self.expr(n)).collect(),
                "default_case" => Vec::new(),
                _ => continue,
            };
            let body = self.case_body(case);
            cases.push(Case { values, default: case.kind() == "default_case", body });
        }
        cases
    }

    fn select_stmt(&mut self, node: Node<'a>) -> Does {
        let mut cases = Vec::new();
        for case in self.inside(node) {
            let comm = self.field(case, "communication").map(|n| Box::new(self.comm(n)));
            let body = self.case_body(case);
            cases.push(Comm { comm, body });
        }
        Does::Select(cases)
    }

    fn comm(&mut self, node: Node<'a>) -> Stmt {
        if node.kind() != "receive_statement" {
            return self.stmt(node);
        }
        let at = self.at(node);
        let right: Vec<Expr> = self.optional_expr(node, "right").into_iter().collect();
        let does = match self.field(node, "left").map(|list| self.list(list)) {
            Some(left) if self.has_token(node, ":=") => Does::Define(left, right),
            Some(left) => Does::Assign(left, None, right),
            None => right.into_iter().next().map_or(Does::Bad, Does::Expr),
        };
        Stmt { at, does }
    }

    fn has_token(&self, node: Node<'a>, token: &str) -> bool {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| child.kind() == token)
    }

    fn for_stmt(&mut self, node: Node<'a>) -> Does {
        let body = self.field(node, "body").map(|n| self.block(n)).unwrap_or_default();
        let head = self.inside(node).into_iter().find(|n| Some(*n) != node.child_by_field_name("body"));
        let mut plain = For { init: None, condition: None, post: None, body: Vec::new() };
        match head {
            Some(range) if range.kind() == "range_clause" => return self.range(range, body),
            Some(clause) if clause.kind() == "for_clause" => {
                plain.init = self.optional_stmt(clause, "initializer");
                plain.condition = self.optional_expr(clause, "condition");
                plain.post = self.optional_stmt(clause, "update");
            }
            Some(condition) => plain.condition = Some(self.expr(condition)),
            None => {}
        }
        Does::For(Box::new(For { body, ..plain }))
    }

    fn range(&mut self, node: Node<'a>, body: Block) -> Does {
        let left = self.field(node, "left").map(|list| self.list(list)).unwrap_or_default();
        let defines = self.has_token(node, ":=");
        match self.optional_expr(node, "right") {
            Some(over) => Does::Range(Box::new(Range { left, defines, over, body })),
            None => self.bad(node),
        }
    }
}
