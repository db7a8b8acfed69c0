/**
 * What mail programs and people put around what somebody writes, in the languages that we know. They are facts about other
 * programs, and nothing of it is told to anybody.
 */

/** "On Monday, Bob wrote:" has one of these words, which stand for nobody's own words when a quote follows. */
export const WROTE =
  /\b(?:wrote|writes|schrieb|schreibt|geschrieben|escribió|escribi[oó]|scritto|escreveu|schreef|geschreven|skrev|pisze|napisał(?:\(a\)|a)?|napsal\(?a?\)?|kirjoitti|yazdı|scris|írta|shkroi|wrote the following)|(?:a|à) écrit|écrit|a écrit|пишет|писал|написал|έγραψε|כתב|كتب|写道|寫道|のメッセージ|書きました|のメール|wrote|작성|님이 쓴 글|đã viết|เขียนว่า/i;

/** How the headers of an earlier mail are called above it: From, Sent or Date, To, Subject. */
export const LABELS = {
  from: /^(?:From|Von|De|Da|Van|Od|От|Från|Fra|Lähettäjä|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 ?사람|Kimden|Gönderen|מאת|من|Feladó|De la|Από)$/i,
  sent: /^(?:Sent|Date|Gesendet|Datum|Envoyé(?: le)?|Enviado(?: el| em)?|Enviada em|Fecha|Data|Inviato|Verzonden|Wysłano|Wysłane|Отправлено|Дата|Skickat|Sendt|Dato|Lähetetty|Päiväys|送信日時|日時|送信日|发送时间|日期|寄件日期|傳送時間|보낸 ?날짜|날짜|Gönderildi|Gönderim Tarihi|Tarih|Odesláno|נשלח|תאריך|تاريخ الإرسال|التاريخ|Elküldve|Dátum|Trimis|Στάλθηκε)$/i,
  to: /^(?:To|An|À|A|Para|Aan|Do|Кому|Till|Til|Vastaanottaja|宛先|收件人|收件者|받는 ?사람|Kime|Alıcı|Komu|Pro|אל|إلى|Címzett|Către|Προς)$/i,
  subject:
    /^(?:Subject|Betreff|Objet|Sujet|Asunto|Oggetto|Onderwerp|Assunto|Temat|Тема|Ämne|Rubrik|Emne|Aihe|件名|主题|主題|主旨|제목|Konu|Předmět|נושא|הנידון|الموضوع|Tárgy|Subiect|Θέμα)$/i,
} as const;

/** Lines that stand above an earlier mail that was answered. */
export const ORIGINAL =
  /^[\s>*]*[-_]{2,}\s*(?:Original (?:Message|Email|Appointment)|Ursprüngliche (?:Nachricht|E-?Mail)|Original-?Nachricht|Message d['’]origine|Message original|E-?mail d['’]origine|Mensaje original|Messaggio originale|Oorspronkelijk bericht|Mensagem original|Oryginalna wiadomość|Wiadomość oryginalna|Исходное сообщение|Ursprungligt meddelande|Originalmeddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti|元のメッセージ|原始邮件|原始郵件|원본 메시지|Orijinal mesaj|Reply message|Antwort-?Nachricht|.{3,120}\b(?:wrote|schrieb|écrit)\s*:)\s*[-_]{2,}\s*\*?$/i;

/** Lines that stand above a mail that is handed on. */
export const FORWARDED =
  /^[\s*]*(?:[-_]{2,}\s*(?:Forwarded message|Forwarded by .{1,80}|Weitergeleitete (?:Nachricht|E-?Mail)|Message transféré|Mensaje reenviado|Messaggio inoltrato|Doorgestuurd bericht|Mensagem encaminhada|Przekazana wiadomość|Wiadomość przekazana|Пересылаемое сообщение|Vidarebefordrat meddelande|Videresendt (?:meddelelse|melding)|Välitetty viesti|転送されたメッセージ|转发的邮件|轉寄郵件|轉寄的郵件|전달된 메시지|İletilen mesaj|הודעה שהועברה|رسالة معاد توجيهها)\s*[-_]{2,}|(?:Begin forwarded message|Anfang der weitergeleiteten (?:Nachricht|E-?Mail)|Début du message (?:transféré|réexpédié)|Inicio del mensaje reenviado|Inizio messaggio inoltrato|Begin doorgestuurd bericht|Início da mensagem (?:encaminhada|reencaminhada)|Początek przekazywanej wiadomości|Vidarebefordrat brev|Start på videresendt besked|転送されたメッセージ|开始转发的邮件)\s*[:：])\s*\*?$/i;

/** How the subject of a mail begins that was handed on. */
export const FORWARD_SUBJECT =
  /^\s*(?:\[[^\]]{1,40}\]\s*)?(?:fwd?|wg|tr|rv|doorst|vb|vs|enc|pd|i|转发|轉寄|転送|fs)\s*[:：]/i;

/** How the subject of a mail begins that nobody has written who is there. */
export const AWAY_SUBJECT =
  /^\s*(?:Automatic reply|Auto(?:matic)?[- ]?(?:reply|response)|Out of (?:the )?office|Automatische Antwort|Abwesenheits(?:notiz|meldung|nachricht)|Réponse automatique|Absence du bureau|Respuesta automática|Fuera de la oficina|Risposta automatica|Automatisch antwoord|Resposta automática|Automatyczna odpowiedź|Автоматический ответ|Autosvar|Automaattinen vastaus|自動応答|自動返信|不在通知|自动回复|自動回覆|자동 회신|Otomatik yanıt|Vacation(?: reply)?)\s*(?:[:：]|$)/i;

/** What programs write below a text about themselves, each a line (or, with a link, two). */
export const DEVICE_LINES: readonly RegExp[] = [
  /^(?:Sent|Written|Composed) (?:from|with|via|by|using) (?:my |the |a )?.{2,60}$/i,
  /^Sent (?:from|via|with) .{0,60}(?:iPhone|iPad|Android|Samsung|Galaxy|mobile|phone|Outlook|Yahoo|Proton(?:Mail)?|BlackBerry|Nokia|K-9|Mail)\b.{0,80}$/i,
  /^(?:Von|Mit) (?:meinem|meiner|der|dem) .{2,60}(?:gesendet|gesandt|verschickt|geschrieben)\.?$/i,
  /^Gesendet (?:von|mit|aus|über|via) .{2,80}$/i,
  /^Diese Nachricht wurde (?:von|mit) .{2,80} gesendet\.?$/i,
  /^Envoyé (?:de|depuis|avec|à partir de|par|via) .{2,80}$/i,
  /^(?:Enviado|Enviada) (?:desde|do|de|a partir do|con|com|via|vía) .{2,80}$/i,
  /^Inviato (?:da|dal|dalla|con|tramite) .{2,80}$/i,
  /^(?:Verzonden|Verstuurd) (?:vanaf|vanuit|met|via) .{2,80}$/i,
  /^Wysłan[eoa] (?:z|za pomocą) .{2,80}$/i,
  /^Skickat från .{2,80}$/i,
  /^Sendt fra .{2,80}$/i,
  /^Lähetetty .{2,80}(?:sta|stä|lta|ltä|ni)$/i,
  /^Отправлено (?:с|из|от) .{2,80}$/i,
  /^(?:iPhone|iPad|Android|スマートフォン|私の.{1,20})\s?(?:から|より)送信.{0,10}$/,
  /^(?:发自|發自|從我的|从我的|寄自|来自).{1,40}(?:发送|傳送|送出)?$/,
  /^나의 .{1,20}에서 보냄$/,
  /^(?:iPhone|iPad)['’]?(?:umdan|imden|'imden) gönderildi$/i,
  /^نُ?شر|^(?:أُ?رسلت|أُ?رسل|تم الإرسال) من .{2,60}$/,
  /^נשלח מה?.{2,60}$/,
  /^(?:Get|Download) (?:Outlook|Yahoo Mail|BlueMail|Spark) (?:for|app for) (?:iOS|Android|Mac).{0,200}$/i,
  /^(?:Outlook für (?:iOS|Android)(?: und (?:iOS|Android))? beziehen|Holen Sie sich Outlook für (?:iOS|Android)|Laden Sie Outlook für (?:iOS|Android) herunter|Télécharger Outlook pour (?:iOS|Android)|Obtenir Outlook pour (?:iOS|Android)|Obtener Outlook para (?:iOS|Android)|Scarica Outlook per (?:iOS|Android)|Outlook voor (?:iOS|Android) downloaden).{0,200}$/i,
  /^Virus-free\. ?.{0,200}$/i,
  /^Virenfrei\. ?.{0,200}$/i,
  /^Garanti sans virus\. ?.{0,200}$/i,
  /^Diese E-Mail wurde von Avast.{0,200}$/i,
];

/** Words with which a text is closed, alone in their line, before the name. */
export const CLOSING =
  /^(?:(?:(?:with )?(?:kind(?:est)?|best|warm(?:est)?|many|sincere|friendly)(?: (?:personal|and))? ?(?:regards|wishes)?|regards|thanks(?: (?:and|&) (?:best |kind )?regards)?|many thanks|thanks a lot|thank you|cheers|best|all the best|sincerely|yours(?: sincerely| truly| faithfully)?|sincerely yours|br|kr|rgds|brgds)|(?:mit )?(?:(?:ganz|freundliche[nm]?|beste[nm]?|viele[nm]?|liebe[nm]?|herzliche[nm]?|schöne[nm]?|sonnige[nm]?) ?){1,3}(?:(?:grüßen?|gruß|grüssen?|gruss|dank))(?: (?:aus|von|nach) \p{L}+)?|grüße|gruß|gruss|grüsse|lg|vg|mfg|glg|bg|hochachtungsvoll|(?:bien |très )?(?:cordialement|sincèrement|amicalement|respectueusement)(?: vôtre)?|bien à (?:toi|vous)|meilleures salutations|salutations(?: distinguées)?|bonne (?:journée|soirée)|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|(?:cordiali|distinti) saluti|(?:un )?(?:caro )?saluto|met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|mvg|(?:com os melhores )?cumprimentos|atenciosamente|abraços?|pozdrawiam|z poważaniem|с уважением|med vänliga? hälsning(?:ar)?|vänliga? hälsningar?|med venlig hilsen|mvh|ystävällisin terveisin|saygılarımla|以上|よろしくお願い(?:いた|致)?します|どうぞよろしくお願い(?:いた|致)?します|此致|祝好|감사합니다|בברכה|مع (?:أطيب )?التحيات)[,.!，、。]?$/iu;

/** How paragraphs begin that a company puts below everything. They have two of the words besides. */
export const DISCLAIMER = {
  opening:
    /^[\s*_]*(?:(?:(?:important|legal|confidentiality|privacy)\s*)?(?:notice|disclaimer|confidentiality)\b|confidential\b|(?:this|the information (?:contained )?in this|the contents? of this) (?:e-?mail|message|communication|transmission|mail)|diese (?:e-?mail|nachricht|mail)|(?:der inhalt|die informationen?) (?:dieser|in dieser)|ce (?:message|courriel|courrier|mail)|cet? e-?mail|este (?:mensaje|correo|e-?mail)|esta (?:mensagem|comunicación)|questo messaggio|questa e-?mail|dit (?:bericht|e-?mailbericht)|deze e-?mail|このメール|本メール|please consider the environment|bitte (?:denken|prüfen) sie|think before you print|pensez à l['’]environnement)/i,
  words:
    /confidential|privileged|intended|recipient|unauthori[sz]ed|disclos|received (?:this|it) in error|vertraulich|empfänger|adressat|irrtümlich|unbefugt|geschützt|confidentiel|destinataire|erreur|interdite?|confidencial|destinatario|destinatário|riservat|vertrouwelijk|geadresseerde|機密|受信者|宛先|print|ausdrucken|imprimer|environment|umwelt|environnement/gi,
} as const;
