namespace AgentWarden.Credentials.ProviderReconciliation;

/// <summary>Condition types and reasons of an LLMProvider; see also MasterKey for what is wrong with a master key.</summary>
internal static class ProviderReconciliationReasons
{
    /// <summary>Condition: the provider can be used.</summary>
    public const string Ready = "Ready";

    /// <summary>Condition: the master credential is there and usable.</summary>
    public const string CredentialAvailable = "CredentialAvailable";

    public const string CredentialFound = "CredentialFound";
    public const string AuthTypeNotSupported = "AuthTypeNotSupported";
    public const string AuthBlockMissing = "AuthBlockMissing";
}
