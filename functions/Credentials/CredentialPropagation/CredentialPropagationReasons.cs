namespace AgentWarden.Credentials.CredentialPropagation;

/// <summary>Event reasons of propagation.</summary>
internal static class CredentialPropagationReasons
{
    /// <summary>A workload was restarted, because it holds a rotated credential in variables and asked for it.</summary>
    public const string RestartedForCredential = "RestartedForCredential";
}
