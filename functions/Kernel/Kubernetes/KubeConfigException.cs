namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// The way to the cluster is misconfigured. The message names the file, the field and the fix, and never holds a credential.
/// </summary>
internal sealed class KubeConfigException : Exception
{
    public KubeConfigException()
    {
    }

    public KubeConfigException(string message) : base(message)
    {
    }

    public KubeConfigException(string message, Exception inner) : base(message, inner)
    {
    }

    public KubeConfigException(string? file, string? field, string problem, string fix, Exception? inner = null)
        : base(Describe(file, field, problem, fix), inner)
    {
        File = file;
        Field = field;
    }

    /// <summary>The file that holds the mistake; null when it is not in a file.</summary>
    public string? File { get; }

    /// <summary>The field, as a path: <c>users[dev].user.exec.command</c>.</summary>
    public string? Field { get; }

    private static string Describe(string? file, string? field, string problem, string fix)
    {
        var where = (file, field) switch
        {
            (null, null) => "",
            (null, _) => $"{field}: ",
            (_, null) => $"{file}: ",
            _ => $"{file}: {field}: ",
        };
        return $"{where}{problem} {fix}";
    }
}
