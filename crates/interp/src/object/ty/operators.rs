//! The operators, by the names that slots and messages have for them.

/// The operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    TrueDiv,
    /// `//`
    FloorDiv,
    /// `%`
    Mod,
    /// `**`
    Pow,
    /// `<<`
    LShift,
    /// `>>`
    RShift,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `@`
    MatMul,
}

impl BinaryOp {
    /// Every operator, in the order of the instruction set.
    pub const ALL: [BinaryOp; 13] = [
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::TrueDiv,
        BinaryOp::FloorDiv,
        BinaryOp::Mod,
        BinaryOp::Pow,
        BinaryOp::LShift,
        BinaryOp::RShift,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::MatMul,
    ];

    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::TrueDiv => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "** or pow()",
            BinaryOp::LShift => "<<",
            BinaryOp::RShift => ">>",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
            BinaryOp::MatMul => "@",
        }
    }

    /// The operator of an augmented assignment as it is written.
    pub const fn inplace_symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+=",
            BinaryOp::Sub => "-=",
            BinaryOp::Mul => "*=",
            BinaryOp::TrueDiv => "/=",
            BinaryOp::FloorDiv => "//=",
            BinaryOp::Mod => "%=",
            BinaryOp::Pow => "**=",
            BinaryOp::LShift => "<<=",
            BinaryOp::RShift => ">>=",
            BinaryOp::And => "&=",
            BinaryOp::Or => "|=",
            BinaryOp::Xor => "^=",
            BinaryOp::MatMul => "@=",
        }
    }

    /// The names of the method, of its reflection, and of the augmented assignment.
    const fn methods(self) -> [&'static str; 3] {
        macro_rules! names {
            ($name:literal) => {
                [
                    concat!("__", $name, "__"),
                    concat!("__r", $name, "__"),
                    concat!("__i", $name, "__"),
                ]
            };
        }
        match self {
            BinaryOp::Add => names!("add"),
            BinaryOp::Sub => names!("sub"),
            BinaryOp::Mul => names!("mul"),
            BinaryOp::TrueDiv => names!("truediv"),
            BinaryOp::FloorDiv => names!("floordiv"),
            BinaryOp::Mod => names!("mod"),
            BinaryOp::Pow => names!("pow"),
            BinaryOp::LShift => names!("lshift"),
            BinaryOp::RShift => names!("rshift"),
            BinaryOp::And => names!("and"),
            BinaryOp::Or => names!("or"),
            BinaryOp::Xor => names!("xor"),
            BinaryOp::MatMul => names!("matmul"),
        }
    }

    /// The method's name.
    pub const fn method(self) -> &'static str {
        self.methods()[0]
    }

    /// The name of the right operand's method.
    pub const fn reflected_method(self) -> &'static str {
        self.methods()[1]
    }

    /// The name of the augmented assignment's method.
    pub const fn inplace_method(self) -> &'static str {
        self.methods()[2]
    }
}

/// The special methods that the loop finds through a cache of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// That of an operator.
    Binary(BinaryOp),
    /// `__getitem__`
    GetItem,
    /// `__getattribute__`
    GetAttribute,
    /// `__getattr__`
    GetAttr,
    /// `__enter__`
    Enter,
    /// `__exit__`
    Exit,
}

impl Special {
    /// How many there are.
    pub(super) const COUNT: usize = BinaryOp::ALL.len() + 5;

    /// Its number.
    pub(super) const fn number(self) -> usize {
        match self {
            Special::Binary(op) => op as usize,
            Special::GetItem => BinaryOp::ALL.len(),
            Special::GetAttribute => BinaryOp::ALL.len() + 1,
            Special::GetAttr => BinaryOp::ALL.len() + 2,
            Special::Enter => BinaryOp::ALL.len() + 3,
            Special::Exit => BinaryOp::ALL.len() + 4,
        }
    }

    /// The method's name.
    pub const fn name(self) -> &'static str {
        match self {
            Special::Binary(op) => op.method(),
            Special::GetItem => "__getitem__",
            Special::GetAttribute => "__getattribute__",
            Special::GetAttr => "__getattr__",
            Special::Enter => "__enter__",
            Special::Exit => "__exit__",
        }
    }
}

/// The operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `+`
    Pos,
    /// `~`
    Invert,
}

impl UnaryOp {
    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Neg => "-",
            UnaryOp::Pos => "+",
            UnaryOp::Invert => "~",
        }
    }

    /// The method's name.
    pub const fn method(self) -> &'static str {
        match self {
            UnaryOp::Neg => "__neg__",
            UnaryOp::Pos => "__pos__",
            UnaryOp::Invert => "__invert__",
        }
    }
}

/// The comparisons that order or equate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CompareOp {
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl CompareOp {
    /// The operator as it is written.
    pub const fn symbol(self) -> &'static str {
        match self {
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Eq => "==",
            CompareOp::Ne => "!=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }

    /// The method's name.
    pub const fn method(self) -> &'static str {
        match self {
            CompareOp::Lt => "__lt__",
            CompareOp::Le => "__le__",
            CompareOp::Eq => "__eq__",
            CompareOp::Ne => "__ne__",
            CompareOp::Gt => "__gt__",
            CompareOp::Ge => "__ge__",
        }
    }

    /// The operator with its operands exchanged.
    #[must_use]
    pub const fn swapped(self) -> Self {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
            same => same,
        }
    }

    /// Whether the operator holds for operands that compare as `ordering`.
    #[inline(always)]
    pub const fn holds(self, ordering: core::cmp::Ordering) -> bool {
        match self {
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }
    }
}
