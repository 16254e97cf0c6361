/** The form's words, in the page's language. A page may set each by the names that `@sentry/browser` gives them. */

/** The order of the words below. */
const NAMES = [
  "triggerLabel", "formTitle", "messageLabel", "messagePlaceholder", "nameLabel", "emailLabel", "isRequiredLabel",
  "submitButtonLabel", "cancelButtonLabel", "closeLabel", "sendingText", "successMessageText", "errorEmptyMessageText",
  "errorEmailText", "errorGenericText",
];

const WORDS = {
  en: "Report a problem|What went wrong?|What happened|What did you do, and what did you expect?|Name|Email|(required)|Send|Cancel|Close|Sending …|Thank you. Your report has been sent.|Please say what happened.|Please check the email address.|It could not be sent. Your text is still here; please try again.",
  de: "Problem melden|Was ist schiefgegangen?|Was ist passiert|Was haben Sie getan, und was haben Sie erwartet?|Name|E-Mail|(Pflichtfeld)|Senden|Abbrechen|Schließen|Wird gesendet …|Danke. Ihre Meldung ist angekommen.|Bitte sagen Sie, was passiert ist.|Bitte prüfen Sie die E-Mail-Adresse.|Das konnte nicht gesendet werden. Ihr Text ist noch da; bitte versuchen Sie es erneut.",
  fr: "Signaler un problème|Que s’est-il passé ?|Description|Que faisiez-vous, et qu’attendiez-vous ?|Nom|E-mail|(obligatoire)|Envoyer|Annuler|Fermer|Envoi …|Merci. Votre message a été envoyé.|Veuillez décrire ce qui s’est passé.|Veuillez vérifier l’adresse e-mail.|L’envoi a échoué. Votre texte est toujours là ; veuillez réessayer.",
  es: "Informar de un problema|¿Qué ha fallado?|Descripción|¿Qué hacía y qué esperaba?|Nombre|Correo electrónico|(obligatorio)|Enviar|Cancelar|Cerrar|Enviando …|Gracias. Su mensaje se ha enviado.|Describa lo que ha pasado.|Compruebe el correo electrónico.|No se ha podido enviar. Su texto sigue aquí; inténtelo de nuevo.",
  it: "Segnala un problema|Che cosa è andato storto?|Descrizione|Che cosa stava facendo e che cosa si aspettava?|Nome|E-mail|(obbligatorio)|Invia|Annulla|Chiudi|Invio …|Grazie. Il messaggio è stato inviato.|Descriva che cosa è successo.|Controlli l’indirizzo e-mail.|Invio non riuscito. Il testo è ancora qui; riprovi.",
  pt: "Relatar um problema|O que deu errado?|Descrição|O que você fez e o que esperava?|Nome|E-mail|(obrigatório)|Enviar|Cancelar|Fechar|Enviando …|Obrigado. Sua mensagem foi enviada.|Descreva o que aconteceu.|Verifique o endereço de e-mail.|Não foi possível enviar. Seu texto continua aqui; tente novamente.",
  ja: "問題を報告|何が起きましたか?|内容|何をして、どうなると思いましたか?|名前|メール|(必須)|送信|キャンセル|閉じる|送信中…|ありがとうございます。送信されました。|何が起きたかを入力してください。|メールアドレスを確認してください。|送信できませんでした。入力内容は残っています。もう一度お試しください。",
  zh: "报告问题|出了什么问题?|问题描述|您做了什么,期望的结果是什么?|姓名|邮箱|(必填)|发送|取消|关闭|正在发送…|谢谢,您的反馈已发送。|请描述发生了什么。|请检查邮箱地址。|发送失败。您的内容仍在,请重试。",
};

/** What old pages call them, in the options of `showReportDialog`. */
const OLD = {
  title: "formTitle", labelName: "nameLabel", labelEmail: "emailLabel", labelComments: "messageLabel", labelClose: "cancelButtonLabel",
  labelSubmit: "submitButtonLabel", errorGeneric: "errorGenericText", errorFormEntry: "errorEmptyMessageText", successMessage: "successMessageText",
};

/** `lang` is one like `de-AT`; a language that is not here is English. */
export function textsOf(options) {
  const lang = (options.lang || document.documentElement.lang || navigator.language || "en").split("-")[0].toLowerCase();
  const known = WORDS[lang] ? lang : "en";
  const texts = { lang: known };
  WORDS[known].split("|").forEach((text, index) => (texts[NAMES[index]] = options[NAMES[index]] ?? text));
  for (const [old, name] of Object.entries(OLD)) if (options[old]) texts[name] = options[old];
  return texts;
}
