"""What the bot says where nobody wrote anything else: to Brazilian customers, in Portuguese."""

GREETING = "Olá! Eu sou o isoBot, o atendimento automático. Como posso ajudar?"
NOT_UNDERSTOOD = "Não entendi “{texto}”. Escolha uma das opções:"
STILL_NOT_UNDERSTOOD = (
    "Ainda não consegui entender. Escolha uma das opções ou escreva “atendente” "
    "para falar com uma pessoa:"
)
HAND_OFF = "Certo! Já chamei um atendente. Em instantes alguém fala com você por aqui."
GOODBYE = "Tudo bem, encerramos por aqui. Quando precisar, é só mandar uma nova mensagem."
HINT = "Responda com o número da opção."
BACK = "Escreva “voltar” para a lista anterior ou “menu” para o início."
AGAIN = "Escreva “menu” para ver as opções de novo."

# The texts a menu may have of its own, by the name it keeps them under.
USUAL = {
    "greeting": GREETING,
    "not_understood": NOT_UNDERSTOOD,
    "still_not_understood": STILL_NOT_UNDERSTOOD,
    "hand_off": HAND_OFF,
    "goodbye": GOODBYE,
}
