//! Messages in the language of the visitor's system become English, so that one bug is one issue.
//!
//! Two engines speak it: that of Internet Explorer and of Edge until 18, whose wordings come from Windows
//! (<https://learn.microsoft.com/previous-versions/visualstudio/visual-studio-2010/6bby3x2e(v=vs.100)>), and Safari, which
//! hands on what macOS and iOS say of a request that failed. Chrome and Firefox throw in English everywhere. An error of
//! any other browser is the page's own, and stays.

use crate::event::Event;
use crate::filter::without_prefixes;

/// Translates what the browser said; what the page said stays.
pub(super) fn translate(event: &mut Event) {
    let major = event.browser.version.split('.').next().unwrap_or_default().parse().unwrap_or(0);
    let wordings: &[Wording] = match event.browser.name.as_str() {
        "Internet Explorer" => WINDOWS,
        "Edge" if major < 79 => WINDOWS,
        _ if ["iOS", "iPadOS", "macOS"].contains(&event.os.name.as_str()) => APPLE,
        _ => return,
    };
    for exception in &mut event.exceptions {
        if let Some(english) = translated(&exception.value, wordings) {
            exception.value = english;
        }
    }
}

/// The English wording, and the same in German, French, Spanish, Italian, Portuguese, Polish, Russian, Japanese and
/// Chinese. `{}` stands for a name; quotes of every kind are written `'`, and full stops at the end are left away.
type Wording = (&'static str, &'static [&'static str]);

const WINDOWS: &[Wording] = &[
    (
        "Object doesn't support property or method '{}'",
        &[
            "Das Objekt unterstützt die Eigenschaft oder Methode '{}' nicht",
            "L'objet ne gère pas la propriété ou la méthode '{}'",
            "El objeto no acepta la propiedad o el método '{}'",
            "L'oggetto non supporta la proprietà o il metodo '{}'",
            "O objeto não oferece suporte à propriedade ou método '{}'",
            "O objeto não dá suporte para a propriedade ou método '{}'",
            "Obiekt nie obsługuje właściwości lub metody '{}'",
            "Объект не поддерживает свойство или метод '{}'",
            "オブジェクトは '{}' プロパティまたはメソッドをサポートしていません",
            "对象不支持'{}'属性或方法",
        ],
    ),
    (
        "Unable to get property '{}' of undefined or null reference",
        &[
            "Die Eigenschaft '{}' eines undefinierten oder Nullverweises kann nicht abgerufen werden",
            "Impossible d'obtenir la propriété '{}' d'une référence null ou non définie",
            "No se puede obtener la propiedad '{}' de referencia nula o sin definir",
            "Impossibile recuperare la proprietà '{}' di un riferimento nullo o non definito",
            "Não é possível obter a propriedade '{}' de referência indefinida ou nula",
            "Nie można pobrać właściwości '{}' dla niezdefiniowanego lub pustego odwołania",
            "Не удалось получить свойство '{}' ссылки, значение которой не определено или является NULL",
            "未定義または NULL 参照のプロパティ '{}' は取得できません",
            "无法获取未定义或 null 引用的属性'{}'",
        ],
    ),
    (
        "Unable to set property '{}' of undefined or null reference",
        &[
            "Die Eigenschaft '{}' eines undefinierten oder Nullverweises kann nicht festgelegt werden",
            "Impossible de définir la propriété '{}' d'une référence null ou non définie",
            "No se puede establecer la propiedad '{}' de referencia nula o sin definir",
            "Impossibile impostare la proprietà '{}' di un riferimento nullo o non definito",
            "Não é possível definir a propriedade '{}' de referência indefinida ou nula",
            "Nie można ustawić właściwości '{}' dla niezdefiniowanego lub pustego odwołania",
            "Не удалось задать свойство '{}' ссылки, значение которой не определено или является NULL",
            "未定義または NULL 参照のプロパティ '{}' は設定できません",
            "无法设置未定义或 null 引用的属性'{}'",
        ],
    ),
    (
        "'{}' is undefined",
        &[
            "'{}' ist undefiniert",
            "'{}' est indéfini",
            "'{}' no está definido",
            "'{}' non è definito",
            "'{}' não está definido",
            "Brak definicji '{}'",
            "'{}' не определено",
            "'{}' は定義されていません",
            "'{}'未定义",
        ],
    ),
    (
        "'{}' is null or not an object",
        &[
            "'{}' ist Null oder kein Objekt",
            "'{}' a la valeur null ou n'est pas un objet",
            "'{}' es nulo o no es un objeto",
            "'{}' è nullo o non è un oggetto",
            "'{}' é nulo ou não é um objeto",
            "'{}' jest pusty lub nie jest obiektem",
            "'{}' は Null またはオブジェクトではありません",
            "'{}'为 null 或不是对象",
        ],
    ),
    (
        "'{}' is not a function",
        &[
            "'{}' ist keine Funktion",
            "'{}' n'est pas une fonction",
            "'{}' no es una función",
            "'{}' non è una funzione",
            "'{}' não é uma função",
            "'{}' nie jest funkcją",
            "'{}' не является функцией",
            "'{}' は関数ではありません",
            "'{}'不是函数",
        ],
    ),
    (
        "Function expected",
        &[
            "Funktion erwartet",
            "Fonction attendue",
            "Se esperaba una función",
            "Prevista funzione",
            "Função esperada",
            "Oczekiwano funkcji",
            "Предполагается наличие функции",
            "関数を指定してください",
            "缺少函数",
        ],
    ),
    (
        "Object expected",
        &[
            "Objekt erwartet",
            "Objet attendu",
            "Se esperaba un objeto",
            "Previsto oggetto",
            "Objeto esperado",
            "Oczekiwano obiektu",
            "Предполагается наличие объекта",
            "オブジェクトを指定してください",
            "缺少对象",
        ],
    ),
    (
        "Syntax error",
        &[
            "Syntaxfehler",
            "Erreur de syntaxe",
            "Error de sintaxis",
            "Errore di sintassi",
            "Erro de sintaxe",
            "Błąd składni",
            "Синтаксическая ошибка",
            "構文エラーです",
            "语法错误",
        ],
    ),
    (
        "Invalid character",
        &[
            "Ungültiges Zeichen",
            "Caractère incorrect",
            "Carácter no válido",
            "Carattere non valido",
            "Caractere inválido",
            "Nieprawidłowy znak",
            "Недопустимый знак",
            "文字が正しくありません",
            "无效字符",
        ],
    ),
    (
        "Out of stack space",
        &[
            "Nicht genügend Stackspeicher",
            "Espace pile insuffisant",
            "No hay suficiente espacio de pila",
            "Spazio dello stack esaurito",
            "Espaço insuficiente na pilha",
            "Za mało miejsca na stosie",
            "Недостаточно места в стеке",
            "スタック領域が不足しています",
            "堆栈溢出",
        ],
    ),
    (
        "Out of memory",
        &[
            "Nicht genügend Arbeitsspeicher",
            "Mémoire insuffisante",
            "Memoria insuficiente",
            "Memoria esaurita",
            "Memória insuficiente",
            "Za mało pamięci",
            "Недостаточно памяти",
            "メモリが不足しています",
            "内存不足",
        ],
    ),
    (
        "Permission denied",
        &[
            "Erlaubnis verweigert",
            "Permission refusée",
            "Permiso denegado",
            "Autorizzazione negata",
            "Permissão negada",
            "Brak uprawnień",
            "Разрешение отклонено",
            "書き込みできません",
            "没有权限",
        ],
    ),
    (
        "Access is denied",
        &[
            "Zugriff verweigert",
            "Accès refusé",
            "Acceso denegado",
            "Accesso negato",
            "Acesso negado",
            "Odmowa dostępu",
            "Отказано в доступе",
            "アクセスが拒否されました",
            "拒绝访问",
        ],
    ),
];

const APPLE: &[Wording] = &[
    (
        "The network connection was lost.",
        &[
            "Die Netzwerkverbindung wurde unterbrochen",
            "La connexion réseau a été perdue",
            "Se ha perdido la conexión de red",
            "La connessione di rete è stata persa",
            "A conexão de rede foi perdida",
            "Utracono połączenie z siecią",
            "Сетевое соединение потеряно",
            "ネットワーク接続が切れました",
            "网络连接已中断",
        ],
    ),
    (
        "The Internet connection appears to be offline.",
        &[
            "Es besteht anscheinend keine Verbindung zum Internet",
            "La connexion Internet semble interrompue",
            "Parece que la conexión a Internet está desactivada",
            "La connessione a Internet sembra essere offline",
            "A conexão à Internet parece estar inativa",
            "Wygląda na to, że połączenie z Internetem jest w trybie offline",
            "Похоже, соединение с Интернетом отсутствует",
            "インターネット接続がオフラインのようです",
            "似乎已断开与互联网的连接",
        ],
    ),
    (
        "The request timed out.",
        &[
            "Zeitüberschreitung bei der Anforderung",
            "La requête a expiré",
            "Se ha agotado el tiempo de espera",
            "Richiesta scaduta",
            "O tempo limite da solicitação foi esgotado",
            "Upłynął limit czasu żądania",
            "Превышен лимит времени на запрос",
            "リクエストがタイムアウトになりました",
            "请求超时",
        ],
    ),
    (
        "Could not connect to the server.",
        &[
            "Verbindung zum Server konnte nicht hergestellt werden",
            "Impossible de se connecter au serveur",
            "No se ha podido conectar con el servidor",
            "Impossibile connettersi al server",
            "Não foi possível conectar ao servidor",
            "Nie można połączyć się z serwerem",
            "Не удалось подключиться к серверу",
            "サーバに接続できませんでした",
            "未能连接到服务器",
        ],
    ),
    (
        "cancelled",
        &[
            "Abgebrochen",
            "annulé",
            "cancelado",
            "annullato",
            "anulowano",
            "отменено",
            "キャンセルしました",
            "已取消",
        ],
    ),
];

/// The English wording, if the message is one of the wordings.
fn translated(message: &str, wordings: &[Wording]) -> Option<String> {
    let said = without_prefixes(message);
    let plain = plain(said);
    wordings.iter().find_map(|(english, others)| {
        let name = others.iter().find_map(|other| name_in(&plain, other))?;
        // `TypeError: ` stays in front of it.
        let head = message.trim_end().strip_suffix(said).unwrap_or_default();
        Some(format!("{head}{}", english.replacen("{}", name, 1)))
    })
}

/// The name that stands for `{}`; empty if the wording has none.
fn name_in<'a>(plain: &'a str, wording: &str) -> Option<&'a str> {
    match wording.split_once("{}") {
        Some((start, end)) => plain.strip_prefix(start)?.strip_suffix(end),
        None => (plain == wording).then_some(""),
    }
}

/// Quotes of every kind become `'`, spaces ordinary and single, and the full stop goes. French puts spaces inside of its
/// quotes.
fn plain(message: &str) -> String {
    let mut plain = String::with_capacity(message.len());
    let mut swallows_space = false;
    for c in message.chars() {
        let is_space = matches!(c, ' ' | '\u{a0}' | '\u{202f}');
        match c {
            '»' => {
                plain.truncate(plain.trim_end().len());
                plain.push('\'');
            }
            '"' | '“' | '”' | '„' | '’' | '‘' | '«' | '＂' => plain.push('\''),
            _ if is_space && swallows_space => {}
            _ if is_space => plain.push(' '),
            c => plain.push(c),
        }
        swallows_space = is_space || c == '«';
    }
    plain.truncate(plain.trim_end_matches(['.', '。', ' ']).len());
    plain
}
