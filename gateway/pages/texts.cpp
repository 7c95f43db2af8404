#include "gateway/pages/texts.hpp"

#include <algorithm>

// Every text of the pages, in both languages side by side, so that who changes one sees the other.
// {} takes a number or a length of time. A key that begins with `wrong_` goes with the code of an
// error, `notice_` with the word in a page's address, `error_` with a status; what has no words of
// its own falls back to `wrong_other` and the two classes of errors.
//
// They say "account" and "log in" and never "user" or "token", and they tell what to do next.

namespace yett::pages {
namespace {

constexpr text all[] = {
    // What several pages say.
    {"email", "Email address", "E-Mail-Adresse"},
    {"password", "Password", "Passwort"},
    {"new_password", "New password", "Neues Passwort"},
    {"password_hint", "At least {} characters. Several unrelated words make a good one.",
     "Mindestens {} Zeichen. Mehrere Wörter ohne Zusammenhang eignen sich gut."},
    {"problem", "There is a problem", "Etwas stimmt nicht"},
    {"problem_prefix", "Problem: ", "Problem: "},
    {"reference", "Reference", "Vorgang"},
    {"go_home", "Go to the start page", "Zur Startseite"},

    {"try_again", "Try again", "Noch einmal versuchen"},

    {"login_title", "Log in", "Anmelden"},
    {"confirm_title", "Confirm it is you", "Bestätigen Sie, dass Sie es sind"},
    {"confirm_text", "This page wants to know that it is still you. Enter your password once more.",
     "Diese Seite möchte wissen, dass Sie es noch sind. Geben Sie Ihr Passwort noch einmal ein."},
    {"continue_to", "to continue to", "um fortzufahren mit"},
    {"login_do", "Log in", "Anmelden"},
    {"login_remember", "Keep me logged in on this device", "Auf diesem Gerät angemeldet bleiben"},
    {"login_forgot", "Forgotten your password?", "Passwort vergessen?"},
    {"login_no_account", "No account yet?", "Noch kein Konto?"},
    {"login_register", "Create one", "Konto anlegen"},

    {"register_title", "Create an account", "Konto anlegen"},
    {"register_do", "Create account", "Konto anlegen"},
    {"register_have_account", "Have an account already?", "Schon ein Konto?"},
    {"register_login", "Log in", "Anmelden"},
    {"register_closed_title", "No new accounts", "Keine neuen Konten"},
    {"register_closed", "Accounts are made by the people who run this service.",
     "Konten werden von den Betreibern dieses Dienstes angelegt."},

    {"mail_title", "Look in your mail", "Bitte sehen Sie in Ihre E-Mails"},
    {"mail_verify", "We have sent you a message with a link. Open it to confirm your address.",
     "Wir haben Ihnen eine Nachricht mit einem Link geschickt. Öffnen Sie ihn, um Ihre Adresse zu bestätigen."},
    {"mail_reset",
     "If there is an account for this address, a message with a link is on its way. Open it to choose a new password.",
     "Wenn es zu dieser Adresse ein Konto gibt, ist eine Nachricht mit einem Link unterwegs. Öffnen Sie ihn, um ein neues "
     "Passwort zu wählen."},
    {"mail_missing", "Nothing there?", "Nichts angekommen?"},
    {"mail_missing_hint", "Have a look among the unwanted mail, or let us send it again.",
     "Sehen Sie auch bei den unerwünschten Nachrichten nach, oder lassen Sie uns noch eine schicken."},
    {"mail_again", "Send it again", "Noch einmal schicken"},
    {"mail_login", "Back to the login", "Zur Anmeldung"},

    {"verify_title", "Confirm your address", "Adresse bestätigen"},
    {"verify_text", "One more step, and your account is ready.", "Noch ein Schritt, dann ist Ihr Konto bereit."},
    {"verify_do", "Confirm address", "Adresse bestätigen"},

    {"verified_before_title", "Your address is confirmed", "Ihre Adresse ist bestätigt"},
    {"verified_before", "This link has done its work already. You can log in.",
     "Dieser Link hat seinen Zweck schon erfüllt. Sie können sich anmelden."},

    {"logout_title", "Log out?", "Abmelden?"},
    {"logout_text", "You will be logged out on this device.", "Sie werden auf diesem Gerät abgemeldet."},

    {"reset_title", "Forgotten your password?", "Passwort vergessen?"},
    {"reset_text", "Tell us your address, and we send you a link with which you can choose a new one.",
     "Nennen Sie uns Ihre Adresse. Wir schicken Ihnen einen Link, mit dem Sie ein neues wählen können."},
    {"reset_do", "Send the link", "Link schicken"},

    {"choose_title", "Choose a new password", "Neues Passwort wählen"},
    {"choose_text", "You will be logged out everywhere and log in with the new password.",
     "Sie werden überall abgemeldet und melden sich mit dem neuen Passwort wieder an."},
    {"choose_do", "Save password", "Passwort speichern"},

    {"link_dead_title", "This link does not work any more", "Dieser Link gilt nicht mehr"},
    {"link_dead", "It has been used already, or it is too old.", "Er wurde schon benutzt oder ist zu alt."},
    {"link_dead_reset", "Ask for a new password", "Neues Passwort anfordern"},
    {"link_dead_verify", "Send a new link", "Neuen Link schicken"},

    {"link_dead_address", "Go to your account", "Zu Ihrem Konto"},

    {"move_title", "Confirm your new address", "Neue Adresse bestätigen"},
    {"move_text", "From then on you log in with this address, and we write to it.",
     "Ab dann melden Sie sich mit dieser Adresse an, und wir schreiben an sie."},
    {"move_do", "Use this address", "Diese Adresse verwenden"},
    {"undo_title", "Take your old address back", "Bisherige Adresse zurückholen"},
    {"undo_text", "You will be logged out everywhere, and we send you a link with which you choose a new password.",
     "Sie werden überall abgemeldet, und wir schicken Ihnen einen Link, mit dem Sie ein neues Passwort wählen."},
    {"undo_do", "Undo the change", "Änderung rückgängig machen"},

    {"account_title", "Your account", "Ihr Konto"},
    {"account_who", "You are logged in as", "Sie sind angemeldet als"},
    {"account_sessions", "Where you are logged in", "Wo Sie angemeldet sind"},
    {"account_this", "This device", "Dieses Gerät"},
    {"account_seen", "last active", "zuletzt aktiv"},
    {"account_since", "since", "seit"},
    {"account_more", "Older ones", "Ältere"},
    {"account_end", "End", "Beenden"},
    {"account_end_others", "End all others", "Alle anderen beenden"},
    {"account_password", "Change your password", "Passwort ändern"},
    {"account_password_hint", "You stay logged in here and are logged out everywhere else.",
     "Sie bleiben hier angemeldet und werden überall sonst abgemeldet."},
    {"account_current", "Current password", "Bisheriges Passwort"},
    {"account_password_do", "Change password", "Passwort ändern"},
    {"account_address", "Change your address", "Adresse ändern"},
    {"account_address_hint", "We send a link to the new address. It becomes yours when you open it.",
     "Wir schicken einen Link an die neue Adresse. Sie gilt, sobald Sie ihn öffnen."},
    {"account_address_do", "Send the link", "Link schicken"},
    {"new_email", "New email address", "Neue E-Mail-Adresse"},
    {"email_password", "Password", "Passwort"},
    {"account_delete", "Delete your account", "Konto löschen"},
    {"account_delete_hint", "Your account, your sessions and your API keys are removed for good.",
     "Ihr Konto, Ihre Sitzungen und Ihre API-Schlüssel werden endgültig entfernt."},
    {"account_delete_do", "Delete account", "Konto löschen"},
    {"delete_password", "Password", "Passwort"},
    {"account_logout", "Log out", "Abmelden"},
    {"account_back", "Continue", "Weiter"},

    {"keys_title", "API keys", "API-Schlüssel"},
    {"keys_hint", "A key lets a program act in your name.", "Mit einem Schlüssel handelt ein Programm in Ihrem Namen."},
    {"key_new", "Your new key", "Ihr neuer Schlüssel"},
    {"key_new_hint", "Copy it now: it is shown this once.", "Kopieren Sie ihn jetzt: Er wird nur dieses eine Mal gezeigt."},
    {"key_used", "last used", "zuletzt benutzt"},
    {"key_never_used", "never used", "nie benutzt"},
    {"key_until", "good until", "gültig bis"},
    {"key_remove", "Remove", "Entfernen"},
    {"name", "Name of the key", "Name des Schlüssels"},
    {"key_name_hint", "What it is for, as “backup”.", "Wofür er ist, etwa „Datensicherung“."},
    {"key_scopes", "Scopes it has besides your own rights", "Berechtigungen zusätzlich zu Ihren eigenen"},
    {"key_scopes_none", "none", "keine"},
    {"key_do", "Create key", "Schlüssel anlegen"},

    {"device_unknown", "Unknown device", "Unbekanntes Gerät"},
    {"ago_now", "just now", "gerade eben"},
    {"ago_minute", "a minute ago", "vor einer Minute"},
    {"ago_minutes", "{} minutes ago", "vor {} Minuten"},
    {"ago_hour", "an hour ago", "vor einer Stunde"},
    {"ago_hours", "{} hours ago", "vor {} Stunden"},
    {"ago_day", "a day ago", "vor einem Tag"},
    {"ago_days", "{} days ago", "vor {} Tagen"},
    {"date", "%d %b %Y", "%d.%m.%Y"},

    // Good news, by name.
    {"notice_verified", "Your address is confirmed. You can log in now.",
     "Ihre Adresse ist bestätigt. Sie können sich jetzt anmelden."},
    {"notice_registered", "Your account is ready. You can log in now.", "Ihr Konto ist bereit. Sie können sich jetzt anmelden."},
    {"notice_reset", "Your new password is saved. Log in with it.",
     "Ihr neues Passwort ist gespeichert. Melden Sie sich damit an."},
    {"notice_signed_out", "You are logged out.", "Sie sind abgemeldet."},
    {"notice_session_ended", "The session is ended.", "Die Sitzung ist beendet."},
    {"notice_others_ended", "All other sessions are ended.", "Alle anderen Sitzungen sind beendet."},
    {"notice_address", "We have sent a message with a link to the new address.",
     "Wir haben eine Nachricht mit einem Link an die neue Adresse geschickt."},
    {"notice_address_changed", "Your new address is confirmed. Log in with it.",
     "Ihre neue Adresse ist bestätigt. Melden Sie sich damit an."},
    {"notice_deleted", "Your account is deleted.", "Ihr Konto ist gelöscht."},
    {"notice_password", "Your password is changed.", "Ihr Passwort ist geändert."},
    {"notice_key_made", "The key is made.", "Der Schlüssel ist angelegt."},
    {"notice_key_removed", "The key is removed.", "Der Schlüssel ist entfernt."},

    // What is wrong with a form, by the code of the error.
    {"wrong_required", "This field is empty.", "Dieses Feld ist leer."},
    {"wrong_email_invalid", "This is not a complete email address, like name@example.com.",
     "Das ist keine vollständige E-Mail-Adresse wie name@example.com."},
    {"wrong_email_taken", "There is an account for this address already.", "Zu dieser Adresse gibt es schon ein Konto."},
    {"wrong_password_weak", "Choose a longer password, or one that is harder to guess.",
     "Wählen Sie ein längeres Passwort oder eines, das schwerer zu erraten ist."},
    {"wrong_invalid_credentials", "The address or the password is wrong.", "Die Adresse oder das Passwort ist falsch."},
    {"wrong_current_password", "This is not your current password.", "Das ist nicht Ihr bisheriges Passwort."},
    {"wrong_email_not_verified", "Your address is not confirmed yet. Open the link in the message we have sent you.",
     "Ihre Adresse ist noch nicht bestätigt. Öffnen Sie den Link in unserer Nachricht."},
    {"wrong_csrf_rejected", "This form was open for too long. Please send it again.",
     "Dieses Formular war zu lange offen. Bitte schicken Sie es noch einmal ab."},
    {"wrong_rate_limited", "Too many attempts. Please wait {} and try again.",
     "Zu viele Versuche. Bitte warten Sie {} und versuchen Sie es noch einmal."},
    {"wrong_no_more_keys", "You cannot make another key. Remove one that you no longer need.",
     "Sie können keinen weiteren Schlüssel anlegen. Entfernen Sie einen, den Sie nicht mehr brauchen."},
    {"wrong_other", "That did not work. Please try again.", "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal."},
    {"wait_second", "a second", "eine Sekunde"},
    {"wait_seconds", "{} seconds", "{} Sekunden"},
    {"wait_minute", "a minute", "eine Minute"},
    {"wait_minutes", "{} minutes", "{} Minuten"},
    {"wait_hour", "an hour", "eine Stunde"},
    {"wait_hours", "{} hours", "{} Stunden"},

    // Error pages, by status.
    {"error_400_title", "This request makes no sense", "Diese Anfrage ergibt keinen Sinn"},
    {"error_400", "The address or the form is not as it should be.",
     "Die Adresse oder das Formular ist nicht, wie es sein sollte."},
    {"error_401_title", "Please log in", "Bitte melden Sie sich an"},
    {"error_401", "This page is for people with an account.", "Diese Seite ist für Menschen mit einem Konto."},
    {"error_403_title", "This page is not for you", "Diese Seite ist nicht für Sie"},
    {"error_403", "Your account is not allowed to see it. If it should be, ask the people who run this service.",
     "Ihr Konto darf sie nicht sehen. Wenn es das sollte, fragen Sie die Betreiber dieses Dienstes."},
    {"error_404_title", "There is nothing here", "Hier ist nichts"},
    {"error_404", "The address may be mistyped, or the page has gone.",
     "Vielleicht ist die Adresse vertippt, oder die Seite ist fort."},
    {"error_429_title", "Too many requests", "Zu viele Anfragen"},
    {"error_429", "Please wait a moment and try again.", "Bitte warten Sie einen Moment und versuchen Sie es noch einmal."},
    {"error_502_title", "The application does not answer", "Die Anwendung antwortet nicht"},
    {"error_502", "It may be starting. Please try again in a moment.",
     "Vielleicht startet sie gerade. Bitte versuchen Sie es gleich noch einmal."},
    {"error_503_title", "Too busy right now", "Gerade zu viel Andrang"},
    {"error_503", "Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal."},
    {"error_504_title", "The application takes too long", "Die Anwendung braucht zu lange"},
    {"error_504", "Please try again in a moment.", "Bitte versuchen Sie es gleich noch einmal."},
    {"error_4xx_title", "That did not work", "Das hat nicht geklappt"},
    {"error_4xx", "The request cannot be answered as it was sent.", "Die Anfrage lässt sich so nicht beantworten."},
    {"error_5xx_title", "Something is broken", "Etwas ist kaputt"},
    {"error_5xx", "It is not your fault. Please try again later, and mention the reference if it stays.",
     "Es liegt nicht an Ihnen. Versuchen Sie es später noch einmal, und nennen Sie sonst den Vorgang."},
};

} // namespace

std::span<text const> texts() noexcept
{
    return all;
}

std::string_view text_of(std::string_view key, language l) noexcept
{
    auto const found = std::ranges::find(all, key, &text::key);
    return found == std::ranges::end(all) ? std::string_view{} : found->in(l);
}

} // namespace yett::pages
